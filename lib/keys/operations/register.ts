import { createHash } from 'node:crypto'
import type { KeyFormat } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { defaultProvider, type NewKeyAttributes, newRow } from '../make.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'

/** Bytes: an RSA key of 4,096 bits in PEM takes 3,300. */
const materialLimit = 16_384

export interface RegisterInput extends NewKeyAttributes {
  readonly format: KeyFormat
  /** The key: raw bytes, or DER or PEM of PKCS#8 or SPKI. The caller wipes its copy. */
  readonly material: Uint8Array
  /** Needed for `raw`; checked against the material for the others. */
  readonly algorithm?: string
}

/** Takes in a key that was made elsewhere (KMIP 2.1 section 6.1.41). */
export const register: SystemOperation<KeyServices, RegisterInput, ObjectInfo> = {
  name: 'Register',
  permission: 'Import',
  durability: 'synced',
  independent: true,
  async prepare(services, actor, input) {
    if (input.material.length > materialLimit) {
      throw new MortiseError(
        'MORTISE_INPUT_TOO_LARGE',
        `key material may have ${materialLimit} bytes at most`,
      )
    }
    const id = newId()
    const imported = await services
      .provider(defaultProvider)
      .importKey(input.format, input.material, { id, serial: 1 }, input.algorithm)
    const mark = judge(services, 'protect', imported.spec)
    const row = newRow(
      services,
      {
        id,
        type: imported.type,
        spec: imported.spec,
        material: imported.material,
        owner: actor,
        ...(imported.publicKey && {
          publicKeyDigest: createHash('sha256').update(imported.publicKey).digest('hex'),
        }),
      },
      input,
    )
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      object: id,
      detail: {
        algorithm: row.algorithm,
        length: row.length,
        type: row.type,
        ...(row.name && { name: row.name }),
        ...mark,
      },
    }
  },
}
