import { admit, judgedKey } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { checkSize, judge, processStates, protectStates } from '../../keys/index.js'
import { native } from '../../native/index.js'
import type { ObjectOperation, SystemOperation } from '../../operation/index.js'
import { type Certificate, parseCertificate } from '../../x509/index.js'
import { inflated, type KeymanagerJweOptions, parseJwe, sealJwe } from '../jwe.js'
import type { KeymanagerServices } from '../services.js'
import type { EnvelopeFault } from './decrypt.js'
import { requireValid } from './verify_with.js'

export interface KeymanagerJweInput extends KeymanagerJweOptions {
  /** Id of a public key. */
  readonly object: string
  readonly certificate: Certificate
  readonly text: Uint8Array
}

/** Encrypts a text to a key of an application, as a JWE. */
export const keymanagerEncryptJwe: ObjectOperation<KeymanagerServices, KeymanagerJweInput, string> = {
  name: 'KeymanagerEncryptJWE',
  permission: 'Encrypt',
  durability: 'written',
  states: protectStates,
  purposes: ['keymanager'],
  usage: 'Encrypt',
  protects: ({ text }) => text.length,
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { certificate, text, ...options }, object) {
    checkSize(text)
    const mark = judge(services, 'protect', object)
    const answer = await sealJwe(certificate, text, options, (plaintext, aad) =>
      services
        .provider(object.provider)
        .open(object)
        .sealEnvelope('RSA-OAEP-256', 'A256GCM', plaintext, () => aad),
    )
    return { answer, detail: mark }
  },
}

export interface KeymanagerJweToInput extends KeymanagerJweOptions {
  /** PEM. */
  readonly certificate: string
  readonly text: Uint8Array
}

/** Encrypts a text to the key of a certificate that whoever asks gives. @throws MORTISE_KEYMANAGER_CERTIFICATE, MORTISE_X509_INVALID */
export const keymanagerEncryptJweTo: SystemOperation<KeymanagerServices, KeymanagerJweToInput, string> = {
  name: 'KeymanagerEncryptJWETo',
  permission: 'Query',
  durability: 'written',
  async prepare({ policy, clock }, _actor, { certificate: pem, text, ...options }) {
    checkSize(text)
    const certificate = parseCertificate(pem)
    requireValid(certificate, clock.now())
    const key = native.importPublic(certificate.publicKey.der)
    try {
      const mark = admit(policy, 'protect', judgedKey(key.type, key.length, key.curve))
      const answer = await sealJwe(certificate, text, options, async (plaintext, aad) =>
        native.sealEnvelope(key, 'RSA-OAEP-256', 'A256GCM', plaintext, aad, undefined),
      )
      return { answer, detail: { serial: certificate.serialNumber, ...mark } }
    } finally {
      key.dispose()
    }
  },
}

export interface KeymanagerOpenJweInput {
  /** Id of the private key that it is of. */
  readonly object: string
  readonly token: string
  readonly fault?: EnvelopeFault | undefined
}

/** Opens a JWE. @throws MORTISE_KEYMANAGER_ENVELOPE, MORTISE_CRYPTO_DECRYPTION_FAILED */
export const keymanagerDecryptJwe: ObjectOperation<KeymanagerServices, KeymanagerOpenJweInput, Buffer> = {
  name: 'KeymanagerDecryptJWE',
  permission: 'Decrypt',
  durability: 'written',
  states: processStates,
  purposes: ['keymanager'],
  usage: 'Decrypt',
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { token, fault }, object) {
    const jwe = parseJwe(token)
    if (!jwe || fault)
      throw new MortiseError('MORTISE_KEYMANAGER_ENVELOPE', 'this is no JWE of a key of this name', {
        details: { fault: fault ?? 'format' },
      })
    const mark = judge(services, 'process', object)
    const plaintext = await services
      .provider(object.provider)
      .open(object)
      .openEnvelope('RSA-OAEP-256', 'A256GCM', jwe.envelope, jwe.aad)
    return { answer: inflated(plaintext, jwe), detail: mark }
  },
}
