import { MortiseError } from '../../errors/index.js'
import { judge, processStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { type EnvelopeOptions, openEnvelope, type ParsedEnvelope } from '../envelope.js'
import type { KeymanagerServices } from '../services.js'

/** What is wrong with an envelope before any key is asked: no envelope, of a key that is nowhere, or of another name. */
export type EnvelopeFault = 'format' | 'unknown' | 'elsewhere'

export interface KeymanagerDecryptInput extends EnvelopeOptions {
  /** Id of the private key that it is of; of one that cannot be opened the newest of its name. */
  readonly object: string
  readonly envelope: ParsedEnvelope | EnvelopeFault
}

/**
 * Opens what was encrypted to a key of an application.
 *
 * @throws MORTISE_KEYMANAGER_ENVELOPE, MORTISE_CRYPTO_DECRYPTION_FAILED
 */
export const keymanagerDecrypt: ObjectOperation<KeymanagerServices, KeymanagerDecryptInput, Buffer> = {
  name: 'KeymanagerDecrypt',
  permission: 'Decrypt',
  durability: 'written',
  states: processStates,
  purposes: ['keymanager'],
  usage: 'Decrypt',
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { envelope, ...options }, object) {
    if (typeof envelope === 'string')
      throw new MortiseError('MORTISE_KEYMANAGER_ENVELOPE', faults[envelope], {
        details: { fault: envelope },
      })
    const mark = judge(services, 'process', object)
    return { answer: await openEnvelope(services, object, envelope, options), detail: mark }
  },
}

const faults: Readonly<Record<EnvelopeFault, string>> = {
  format: 'this is no envelope: #KEY_SPLITTER# or the encrypted key is missing',
  unknown: 'no key has the thumbprint that stands in the envelope',
  elsewhere: 'the envelope is of another application or reference',
}
