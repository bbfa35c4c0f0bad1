import { MortiseError } from '../../errors/index.js'
import type { Encoding } from '../../hsm/index.js'
import type { KeyFormat } from '../../native/index.js'
import {
  type ManagedObject,
  type ObjectOperation,
  type SplitKeyFacts,
  usageMask,
} from '../../operation/index.js'
import { type AttributeValues, attributesOf } from '../attributes/index.js'
import { judge } from '../judge.js'
import { livingStates, protectStates } from '../lifecycle.js'
import { changedRow } from '../row.js'
import type { KeyServices } from '../services.js'
import { askedOfWrapping, passwordBytes, type Wrapping } from './wrapping.js'

export interface ExportInput {
  /** Id or name. */
  readonly object: string
  /** Default: `raw` of symmetric keys and shares, `pkcs8` of private keys, `spki` of public ones. */
  readonly format?: KeyFormat
  /**
   * Chooses the format once it is decided that the key may be had, by what is told of it. Undefined: the default.
   *
   * @throws MORTISE_KEY_FORMAT where it has none that will do
   */
  readonly formatOf?: (told: Told) => KeyFormat | undefined
  /** Of formats that are ASN.1. Default `der`. */
  readonly encoding?: 'der' | 'pem'
  /** Encrypts PKCS#8: PBES2 with PBKDF2-HMAC-SHA-256 of 600,000 iterations and AES-256-CBC (RFC 8018). */
  readonly password?: string
  /** Of a private key: PKCS#12 with these certificates (DER), its own first, under the password. */
  readonly certificates?: readonly Uint8Array[]
  /**
   * The key to wrap it by, raw or as PKCS#8, instead of all these. It needs the usage WrapKey, and whoever exports the
   * permission of that name on it.
   */
  readonly wrapping?: Wrapping
}

export interface ExportedKey {
  /** Of what is wrapped, where it is wrapped; `x509` of a certificate. */
  readonly format: KeyFormat | 'x509'
  /** The caller wipes it. */
  readonly material: Buffer
}

/** With what is to be known of it. */
export interface ExportedObject extends ExportedKey {
  readonly id: string
  /** Those attributes that say what the material is. */
  readonly attributes: AttributeValues
  readonly splitKey?: SplitKeyFacts
}

const telling = [
  'CertificateRequestType',
  'CryptographicAlgorithm',
  'CryptographicLength',
  'KeyFormatType',
  'KeyValuePresent',
  'ObjectType',
  'OpaqueDataType',
  'PGPKeyVersion',
  'SecretDataType',
] as const

type Told = Pick<ExportedObject, 'id' | 'attributes' | 'splitKey'>

function told(object: ManagedObject): Told {
  const { splitKey } = object.values
  return { id: object.id, attributes: attributesOf(object, telling), ...(splitKey && { splitKey }) }
}

/**
 * Gives a key out: needs the permission, and a key that was made extractable. In the clear, under a password too, only one that is
 * not Sensitive (KMIP 2.1 sections 6.1.18 and 4.46).
 */
export const exportKey: ObjectOperation<KeyServices, ExportInput, ExportedObject> = {
  name: 'Export',
  permission: 'Export',
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  target: (input) => input,
  alsoOn: ({ wrapping }) => askedOfWrapping(wrapping, 'WrapKey', protectStates),
  async prepare(services, _actor, input, object, [wrapping] = []) {
    if (!object.values.extractable) {
      throw new MortiseError(
        'MORTISE_KEY_NOT_EXTRACTABLE',
        'the key was not made extractable: use it where it is, or make a new one',
      )
    }
    if (wrapping) return wrapped(services, input, object, wrapping)
    if (object.values.sensitive) {
      throw new MortiseError('MORTISE_KEY_NOT_EXTRACTABLE', 'the key is Sensitive: it leaves wrapped only', {
        details: { sensitive: true },
      })
    }
    const known = told(object)
    // Of a key whose value is kept elsewhere there is only what is known of it.
    if (known.attributes.KeyValuePresent === false)
      return { answer: { format: usualFormat(object), material: Buffer.alloc(0), ...known } }
    const format = input.format ?? input.formatOf?.(known) ?? usualFormat(object)
    const password = passwordBytes(input.password)
    const encoding: Encoding = {
      format,
      ...(input.encoding && { encoding: input.encoding }),
      ...(password && { password }),
      ...(input.certificates && { certificates: input.certificates }),
    }
    try {
      const material = await services.provider(object.provider).open(object).export(encoding)
      return {
        answer: {
          format: object.type === 'Certificate' ? ('x509' as const) : format,
          material,
          ...known,
        },
        ...noLongerFresh(services, object),
        detail: { format: input.certificates ? 'pkcs12' : format, ...(password && { encrypted: true }) },
      }
    } finally {
      password?.fill(0)
    }
  },
}

/** The row that says that material has left, where none had before (KMIP 2.1 section 4.24, Fresh). */
function noLongerFresh(services: KeyServices, object: ManagedObject) {
  if (!object.values.fresh) return {}
  return { rows: { objects: [{ row: changedRow(services.barrier, object, { values: { fresh: false } }) }] } }
}

async function wrapped(
  services: KeyServices,
  input: ExportInput,
  object: ManagedObject,
  wrapping: ManagedObject,
) {
  const { method, encoding = 'none' } = input.wrapping as Wrapping
  if (
    input.encoding ||
    input.password !== undefined ||
    input.certificates ||
    (input.format ?? usualFormat(object)) !== usualFormat(object)
  ) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'a wrapped key has its usual format, and no password')
  }
  if (wrapping.id === object.id) throw new MortiseError('MORTISE_INPUT_INVALID', 'a key does not wrap itself')
  // Whoever may decrypt with it would have the key in the clear. Clients of KMIP do so all the same.
  if (
    services.policy === 'approved' &&
    object.values.sensitive &&
    (wrapping.usage & usageMask.Decrypt) !== 0
  ) {
    throw new MortiseError(
      'MORTISE_KEY_USAGE',
      'a Sensitive key is not wrapped by one that may also Decrypt: make a wrapping key with the usages WrapKey and UnwrapKey',
      { details: { object: wrapping.id } },
    )
  }
  const mark = judge(services, 'protect', wrapping)
  if (method === 'AES-GCM') await services.usage.takeRandomIv(wrapping)
  const material = await services.provider(object.provider).wrapKey(wrapping, object, method, encoding)
  const format = usualFormat(object)
  return {
    answer: { format, material, ...told(object) },
    ...noLongerFresh(services, object),
    detail: { format, wrappingKey: wrapping.id, method, ...mark },
  }
}

function usualFormat({ type }: ManagedObject): KeyFormat {
  return type === 'PublicKey' ? 'spki' : type === 'PrivateKey' ? 'pkcs8' : 'raw'
}
