import { hash } from 'node:crypto'
import { type Algorithm, defaultUsages, type KeySpec } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import type { KeyTraits } from '../hsm/index.js'
import type {
  ObjectAttributes,
  ObjectRow,
  ObjectType,
  Principal,
  Purpose,
  StatedFacts,
  Usage,
} from '../operation/index.js'
import { type AttributeValues, initialValues } from './attributes/index.js'
import { checkDates, stateAt } from './dates.js'
import { domain } from './objects.js'
import { claimsOf } from './on_token.js'
import { checkName, encodeAttributes, maskOf } from './row.js'
import type { KeyServices } from './services.js'
import { encodeTerms } from './terms.js'

/** What whoever makes a key may say of it. */
export interface NewKeyAttributes {
  /** 1 to 255 characters, unique among the objects that are not destroyed. */
  readonly name?: string
  /** Others that it is found by as well, just as unique. Only besides a name. */
  readonly furtherNames?: readonly string[]
  readonly description?: string
  /** Default: every usage that the algorithm has, but DeriveKey and KeyAgreement only where it has no other. */
  readonly usage?: readonly Usage[]
  /** Whether the clear key may be exported. `here`: a key in this process may, and one on a token may not. Default false. */
  readonly extractable?: boolean | 'here'
  /** Whether callers may choose the IV that they encrypt under (never the same twice). Default false. */
  readonly callerIv?: boolean
  /** Whether it leaves wrapped only, where it is extractable. Default true unless it is; always true of what is not. */
  readonly sensitive?: boolean
  /** Whether it is Active at once. Default true, unless an activation date is given that is still to come. */
  readonly activate?: boolean
  /** The token that the key is to live on, or `software`. Default: that of the key manager (`keyProvider`). */
  readonly provider?: string
  /** Whatever else is said of it, by KMIP's names: `{ ObjectGroup: ['payments'], DeactivationDate: '2031-01-01T00:00:00Z' }`. */
  readonly attributes?: AttributeValues
  /** Of a client of another protocol: texts of at most 64 characters. */
  readonly stated?: StatedFacts
}

/** The provider of what is kept as keys are: certificates, secret data, shares. */
export const dataProvider = 'software'

interface NewObject {
  readonly id: string
  readonly type: ObjectType
  readonly spec: Pick<KeySpec, 'length' | 'curve'> & {
    readonly algorithm: Pick<Algorithm, 'name' | 'usages'>
  }
  /** Null of a key whose value is kept elsewhere. */
  readonly material: Uint8Array | null
  /** Of a key; default {@link dataProvider}. */
  readonly provider?: string
  readonly owner: Pick<Principal, 'id'>
  /** SPKI, DER, of an asymmetric key: its digest is kept. */
  readonly publicKey?: Uint8Array | undefined
  readonly links?: ObjectAttributes['links']
  /** What else the server knows of it. */
  readonly values?: Partial<ObjectAttributes>
  /** Of another version of the same key. */
  readonly family?: string
  readonly serial?: number
  readonly purpose?: Purpose
}

/** The first row of a new object, authenticated. */
export function newRow(services: KeyServices, made: NewObject, attributes: NewKeyAttributes): ObjectRow {
  const now = services.clock.now()
  const allowed = made.spec.algorithm.usages[made.type] ?? []
  const { usage, extractable, sensitive } = traitsOf(made.type, made.spec, attributes, made.provider)
  const given = attributes.attributes ? initialValues(made.type, attributes.attributes) : {}
  const later = given.activated !== undefined && given.activated > now
  if (attributes.activate && later)
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'an object is Active at once or from its activation date on',
    )
  const active = attributes.activate ?? !later
  const values: ObjectAttributes = {
    extractable,
    sensitive,
    ...(made.spec.curve && { curve: made.spec.curve }),
    ...digestOf(made.publicKey),
    ...(attributes.callerIv && { callerIv: true }),
    ...furtherNamesOf(attributes),
    ...(attributes.description && { description: attributes.description }),
    ...(made.links && { links: made.links }),
    ...(attributes.stated && { stated: checkStated(attributes.stated) }),
    ...(made.material && claimsOf(made.material)),
    ...made.values,
    ...given,
    ...(active && { activated: given.activated ?? now }),
  }
  checkDates(values)
  const state = stateAt({ state: active ? 'Active' : 'PreActive', values }, now)
  return services.barrier.authenticateObject({
    id: made.id,
    version: 1,
    domain,
    type: made.type,
    state,
    purpose: made.purpose ?? 'general',
    owner: made.owner.id,
    name: attributes.name === undefined ? null : checkName(attributes.name),
    family: made.family ?? made.id,
    serial: made.serial ?? 1,
    algorithm: made.spec.algorithm.name,
    length: made.spec.length,
    usage: maskOf(usage, allowed),
    created: now,
    provider: made.provider ?? dataProvider,
    attributes: encodeAttributes(values),
    terms: encodeTerms(state, values),
    material: made.material,
  })
}

/** What a new key is for, which its provider may have to know when it makes it. */
export function traitsOf(
  type: ObjectType,
  { algorithm }: NewObject['spec'],
  { name, usage, extractable: asked = false, sensitive = false }: NewKeyAttributes,
  provider = dataProvider,
): KeyTraits {
  // A public key is no secret, unless somebody calls it one.
  const extractable = type === 'PublicKey' || (asked === 'here' ? provider === dataProvider : asked)
  return {
    ...(name !== undefined && { name }),
    usage: usage ?? defaultUsages(algorithm.usages[type] ?? []),
    extractable,
    sensitive: !extractable || sensitive,
  }
}

/**
 * What would be wrong with a new object of whatever material, before that is made.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE, MORTISE_ATTRIBUTE_READ_ONLY, MORTISE_NAME_TAKEN
 */
export async function checkNewObject(
  services: KeyServices,
  type: ObjectType,
  attributes: NewKeyAttributes,
): Promise<void> {
  const spec = { algorithm: { name: '', usages: {} }, length: 0, curve: undefined }
  const identity = { id: '', type, material: new Uint8Array(), owner: { id: '' } }
  newRow(services, { ...identity, spec }, { ...attributes, usage: [] })
  for (const name of [attributes.name, ...(attributes.furtherNames ?? [])])
    if (name !== undefined && (await services.store.objectNamed(domain, name)))
      throw new MortiseError('MORTISE_NAME_TAKEN')
}

/** @throws MORTISE_INPUT_INVALID */
function furtherNamesOf({
  name,
  furtherNames = [],
}: NewKeyAttributes): Pick<ObjectAttributes, 'furtherNames'> {
  if (furtherNames.length === 0) return {}
  const all = [name, ...furtherNames]
  if (name === undefined || new Set(all).size < all.length)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'further names are others than the name, and besides one')
  return { furtherNames: furtherNames.map(checkName) }
}

const mostStatedUsages = 32
const longestWord = 64

/** @throws MORTISE_INPUT_INVALID for words that are too long or too many */
function checkStated(stated: StatedFacts): StatedFacts {
  const { algorithm = '', length = 0, usage = [], keyFormat = '' } = stated
  const words = [algorithm, keyFormat, ...usage]
  if (
    usage.length <= mostStatedUsages &&
    words.every((word) => typeof word === 'string' && word.length <= longestWord) &&
    Number.isSafeInteger(length)
  )
    return stated
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    'what is stated of an object has words of 64 characters at most',
  )
}

/** SHA-256 of a public key (SPKI, DER), where there is one. */
export function digestOf(publicKey: Uint8Array | undefined): Pick<ObjectAttributes, 'publicKeyDigest'> {
  return publicKey ? { publicKeyDigest: hash('sha256', publicKey) } : {}
}
