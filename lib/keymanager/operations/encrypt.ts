import { checkSize, judge, protectStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { type EnvelopeOptions, sealEnvelope } from '../envelope.js'
import type { KeymanagerServices } from '../services.js'

export interface KeymanagerEncryptInput extends EnvelopeOptions {
  /** Id of a public key. */
  readonly object: string
  /** DER of its certificate, by whose SHA-256 it is found again. */
  readonly certificate: Uint8Array
  readonly plaintext: Uint8Array
}

/** Encrypts to a key of an application, in MOSIP's envelope. */
export const keymanagerEncrypt: ObjectOperation<KeymanagerServices, KeymanagerEncryptInput, Buffer> = {
  name: 'KeymanagerEncrypt',
  permission: 'Encrypt',
  durability: 'written',
  states: protectStates,
  purposes: ['keymanager'],
  usage: 'Encrypt',
  protects: ({ plaintext }) => plaintext.length,
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { certificate, plaintext, ...options }, object) {
    checkSize(plaintext)
    const mark = judge(services, 'protect', object)
    return { answer: await sealEnvelope(services, object, certificate, plaintext, options), detail: mark }
  },
}
