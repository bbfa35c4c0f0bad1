import { MortiseError } from '../../errors/index.js'
import type { ImportedKey, KeyProvider } from '../../hsm/index.js'
import type { KeyFormat } from '../../native/index.js'
import type { ManagedObject, SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { processStates } from '../lifecycle.js'
import { type NewKeyAttributes, newRow, traitsOf } from '../make.js'
import { takenBack } from '../on_token.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'
import { askedOfWrapping, passwordBytes, type Wrapping } from './wrapping.js'

/** Bytes: an RSA key of 4,096 bits in PEM takes 3,300. */
const materialLimit = 16_384

export interface RegisterInput extends NewKeyAttributes {
  /** Needed for raw bytes; found out for PEM, DER and JWK, and checked where it is said. */
  readonly format?: KeyFormat
  /** The key: raw bytes; DER or PEM of PKCS#1, PKCS#8, SEC1 or SPKI; JWK. The caller wipes its copy. */
  readonly material: Uint8Array
  /** Needed for raw bytes, secret keys as JWK and wrapped keys; checked against the material for the others. */
  readonly algorithm?: string
  /** Of encrypted PKCS#8. */
  readonly password?: string
  /**
   * The key that the material is wrapped by: bytes of a symmetric key, PKCS#8 of a private one. It needs the usage UnwrapKey, and
   * whoever registers the permission of that name on it.
   */
  readonly wrapping?: Wrapping
}

/** Takes in a key that was made elsewhere, in the clear or wrapped by a managed one (KMIP 2.1 section 6.1.43). */
export const register: SystemOperation<KeyServices, RegisterInput, ObjectInfo> = {
  name: 'Register',
  permission: 'Import',
  durability: 'synced',
  independent: true,
  alsoOn: ({ wrapping }) => askedOfWrapping(wrapping, 'UnwrapKey', processStates),
  async prepare(services, actor, input, [wrapping] = []) {
    if (input.material.length > materialLimit) {
      throw new MortiseError(
        'MORTISE_INPUT_TOO_LARGE',
        `key material may have ${materialLimit} bytes at most`,
      )
    }
    const id = newId()
    const provider = services.provider(wrapping?.provider ?? input.provider ?? services.keyProvider)
    const imported = wrapping
      ? await unwrap(provider, input, wrapping, id)
      : await importClear(provider, input, id)
    const mark = {
      ...(wrapping && judge(services, 'process', wrapping)),
      ...judge(services, 'protect', imported.spec),
    }
    const row = newRow(
      services,
      {
        id,
        type: imported.type,
        spec: imported.spec,
        material: imported.material,
        provider: provider.name,
        owner: actor,
        publicKey: imported.publicKey,
      },
      input,
    )
    return {
      ...takenBack(provider, [row]),
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      object: id,
      detail: {
        algorithm: row.algorithm,
        length: row.length,
        type: row.type,
        ...(row.name && { name: row.name }),
        ...mark,
        ...(wrapping && { wrappingKey: wrapping.id }),
      },
    }
  },
}

async function importClear(provider: KeyProvider, input: RegisterInput, id: string): Promise<ImportedKey> {
  const { format, material, algorithm, password } = input
  const bytes = passwordBytes(password)
  try {
    return await provider.importKey(
      {
        bytes: material,
        ...(format && { format }),
        ...(algorithm !== undefined && { algorithm }),
        ...(bytes && { password: bytes }),
      },
      { id, serial: 1 },
      (type, spec) => traitsOf(type, spec, input, provider.name),
    )
  } finally {
    bytes?.fill(0)
  }
}

async function unwrap(
  provider: KeyProvider,
  input: RegisterInput,
  key: ManagedObject,
  id: string,
): Promise<ImportedKey> {
  const { format, material, algorithm, password, wrapping } = input
  if (!wrapping || algorithm === undefined) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'name the algorithm of a wrapped key')
  }
  if (password !== undefined || (format !== undefined && format !== 'raw' && format !== 'pkcs8')) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a wrapped key is the bytes of a symmetric key or PKCS#8 of a private one, without a password',
    )
  }
  const { method, encoding = 'none' } = wrapping
  return provider.unwrapKey(
    ...([key, material, method, encoding, algorithm] as const),
    { id, serial: 1 },
    (type, spec) => traitsOf(type, spec, input, provider.name),
  )
}
