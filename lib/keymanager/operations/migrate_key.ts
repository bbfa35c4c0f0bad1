import { MortiseError } from '../../errors/index.js'
import { judge, processStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { parseCertificate } from '../../x509/index.js'
import { openEnvelope, parseEnvelope } from '../envelope.js'
import { importVersions } from '../importing.js'
import { type KeyName, layerOf } from '../key_names.js'
import type { KeymanagerServices } from '../services.js'

export interface MigrateKeymanagerKeyInput extends KeyName {
  /** Id of the private key of the application, which the key has owner and grants of. */
  readonly object: string
  /** The private key (PKCS#8) in an envelope to the key of the application. */
  readonly encrypted: Uint8Array
  /** PEM. */
  readonly certificate: string
  /** When it stops protecting, where that is before its certificate ends: milliseconds since 1970. */
  readonly ends?: number | undefined
}

/**
 * Takes in a key of another Keymanager under a reference: after that it opens here what it has encrypted there.
 *
 * @returns whether it was not here yet
 * @throws MORTISE_KEYMANAGER_ENVELOPE, MORTISE_CRYPTO_DECRYPTION_FAILED, MORTISE_KEYMANAGER_CERTIFICATE, MORTISE_KEYMANAGER_REFERENCE
 */
export const migrateKeymanagerKey: ObjectOperation<KeymanagerServices, MigrateKeymanagerKeyInput, boolean> = {
  name: 'MigrateKeymanagerKey',
  permission: () => ['Certify', 'Decrypt'],
  durability: 'synced',
  states: processStates,
  purposes: ['keymanager'],
  usage: 'Decrypt',
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { application, reference, encrypted, certificate, ends }, object) {
    const name = { application, reference }
    if (layerOf(name) !== 'base')
      throw new MortiseError(
        'MORTISE_KEYMANAGER_REFERENCE',
        'a key that is taken in has a reference of its own',
      )
    const x509 = parseCertificate(certificate)
    const envelope = parseEnvelope(encrypted)
    if (!envelope)
      throw new MortiseError('MORTISE_KEYMANAGER_ENVELOPE', 'the key is in no envelope', {
        details: { fault: 'format' },
      })
    const mark = judge(services, 'process', object)
    const privateKey = await openEnvelope(services, object, envelope, {})
    try {
      const ended = ends !== undefined && ends < x509.notAfter.getTime() ? ends : undefined
      const version = { privateKey, certificate: x509.der, ended }
      const heritage = { owner: object.owner, grantsOf: object.family }
      const prepared = await importVersions(services, name, [version], heritage)
      return {
        ...prepared,
        answer: prepared.answer.length > 0,
        detail: { ...name, ...prepared.detail, ...mark },
      }
    } finally {
      privateKey.fill(0)
    }
  },
}
