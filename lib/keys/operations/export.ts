import type { KeyFormat } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { livingStates } from '../lifecycle.js'
import { changedRow } from '../row.js'
import type { KeyServices } from '../services.js'

export interface ExportInput {
  /** Id or name. */
  readonly object: string
}

export interface ExportedKey {
  readonly format: KeyFormat | 'x509'
  /** Raw bytes, PKCS#8 DER, SPKI DER or the DER of a certificate by the type of the object. The caller wipes it. */
  readonly material: Buffer
}

/** Gives the clear key out: needs the permission, and a key that was made extractable (KMIP 2.1 section 6.1.18). */
export const exportKey: ObjectOperation<KeyServices, ExportInput, ExportedKey> = {
  name: 'Export',
  permission: 'Export',
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, _actor, _input, object) {
    if (!object.values.extractable || (object.values.sensitive && object.type !== 'PublicKey')) {
      throw new MortiseError(
        'MORTISE_KEY_NOT_EXTRACTABLE',
        'the key was not made extractable: use it where it is, or make a new one',
      )
    }
    const format = formats[object.type]
    const material = await services.provider(object.provider).open(object).export()
    const row = object.values.fresh && changedRow(services.barrier, object, { values: { fresh: false } })
    return {
      answer: { format, material },
      ...(row && { rows: { objects: [{ row }] } }),
      detail: { format },
    }
  },
}

const formats = {
  Certificate: 'x509',
  OpaqueObject: 'raw',
  PrivateKey: 'pkcs8',
  PublicKey: 'spki',
  SecretData: 'raw',
  SplitKey: 'raw',
  SymmetricKey: 'raw',
} as const
