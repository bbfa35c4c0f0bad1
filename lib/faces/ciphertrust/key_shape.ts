import Type, { type Static } from 'typebox'
import {
  type AttributeValue,
  algorithms,
  type ObjectInfo,
  type ObjectType,
  type State,
  type Usage,
  usageMask,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { account } from './ca_ids.js'
import { localUserId } from './user_ids.js'

/** What URIs of keys begin with. */
const prefix = 'kylo:kylo:vault:keys:'

export const stateNames = {
  PreActive: 'Pre-Active',
  Active: 'Active',
  Deactivated: 'Deactivated',
  Compromised: 'Compromised',
  Destroyed: 'Destroyed',
  DestroyedCompromised: 'Destroyed Compromised',
} as const satisfies Record<State, string>

export const typeNames = {
  SymmetricKey: 'Symmetric Key',
  PrivateKey: 'Private Key',
  PublicKey: 'Public Key',
  Certificate: 'Certificate',
  SecretData: 'Secret Data',
  OpaqueObject: 'Opaque Object',
  PGPKey: 'PGP Key',
  CertificateRequest: 'Certificate Request',
  Template: 'Template',
  SplitKey: 'Split Key',
} as const satisfies Record<ObjectType, string>

/** Algorithms by what they are called here, whatever the case. */
const algorithmNames = {
  aes: 'AES',
  tdes: '3DES',
  rsa: 'RSA',
  ec: 'EC',
  'hmac-sha1': 'HMAC-SHA-1',
  'hmac-sha256': 'HMAC-SHA-256',
  'hmac-sha384': 'HMAC-SHA-384',
  'hmac-sha512': 'HMAC-SHA-512',
} as const
export const algorithmWords = Object.keys(algorithmNames) as (keyof typeof algorithmNames)[]

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  secp256k1: 'secp256k1',
}
const curveIds: Readonly<Record<string, string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  secp256k1: 'secp256k1',
}

const usageNames = Object.keys(usageMask) as Usage[]
/** That the key may be exported (KMIP). */
export const exportBit = 64
/** Format-preserving encryption, which many clients ask for with every key. */
const formatPreserving = 0x10_0000 | 0x20_0000

/** Vendor of the attributes that labels are. */
export const labelVendor = 'label'

const texts = Type.Record(Type.String(), Type.String())
const alias = Type.Object({ alias: Type.String(), type: Type.String(), index: Type.Integer() })
const optional = (description: string) => Type.Optional(Type.String({ description }))
const permissionNames = [
  'ReadKey',
  'UseKey',
  'EncryptWithKey',
  'DecryptWithKey',
  'SignWithKey',
  'SignVerifyWithKey',
  'MACWithKey',
  'MACVerifyWithKey',
  'ExportKey',
] as const
const grantees = Type.Optional(Type.Array(Type.String(), { description: 'Groups, by name' }))
export const permissionFields = Object.fromEntries(permissionNames.map((name) => [name, grantees])) as {
  [Name in (typeof permissionNames)[number]]: typeof grantees
}

export const keySchema = Type.Object({
  id: Type.String(),
  uri: Type.String(),
  account: Type.String(),
  name: Type.String(),
  uuid: Type.String(),
  muid: Type.String({ description: 'Of all versions of the key' }),
  version: Type.Integer({ description: 'From 0 on' }),
  algorithm: Type.String(),
  size: Type.Integer(),
  curveid: optional('Of EC'),
  objectType: Type.String(),
  state: Type.String(),
  usageMask: Type.Integer(),
  unexportable: Type.Boolean(),
  undeletable: Type.Boolean(),
  createdAt: Type.String(),
  updatedAt: Type.String({ description: 'The last date of its life cycle' }),
  activationDate: optional('Or when it becomes active'),
  processStartDate: optional(''),
  protectStopDate: optional(''),
  deactivationDate: optional('Or when it is deactivated'),
  archiveDate: optional(''),
  compromiseDate: optional(''),
  destroyDate: optional(''),
  revocationReason: optional(''),
  description: optional(''),
  publicKey: optional('Id of it, of a private key'),
  privateKey: optional('Id of it, of a public key'),
  meta: Type.Object({
    ownerId: Type.String(),
    permissions: Type.Optional(Type.Object(permissionFields)),
  }),
  labels: Type.Optional(texts),
  aliases: Type.Optional(Type.Array(alias)),
})
export type ShownKey = Static<typeof keySchema>

/** The row of the algorithm table. @throws MORTISE_INPUT_INVALID */
export function algorithmOf(word: string): string {
  const known = algorithmWords.find((one) => one === word.toLowerCase())
  if (known) return algorithmNames[known]
  throw new MortiseError('MORTISE_INPUT_INVALID', `the algorithm must be one of ${algorithmWords.join(', ')}`)
}

/** @throws MORTISE_INPUT_INVALID */
export function curveOf(id: string): string {
  const curve = Object.hasOwn(curves, id) ? curves[id] : undefined
  if (curve !== undefined) return curve
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `the curveid must be one of ${Object.keys(curves).join(', ')}`,
  )
}

/**
 * The usages of a mask that an object of the type may have at all: a pair has one mask for both.
 *
 * @throws MORTISE_INPUT_INVALID for a bit that is none of a usage
 */
export function usagesOf(mask: number, algorithm: string, type: ObjectType): Usage[] {
  const known = usageNames.reduce((bits, name) => bits | usageMask[name], exportBit | formatPreserving)
  if ((mask & ~known) !== 0)
    throw new MortiseError('MORTISE_INPUT_INVALID', `the usageMask has bits that are none: ${mask & ~known}`)
  const { usages } = algorithms[algorithm as keyof typeof algorithms]
  const possible = (usages as Partial<Record<ObjectType, readonly Usage[]>>)[type] ?? []
  return usageNames.filter((name) => (mask & usageMask[name]) !== 0 && possible.includes(name))
}

/** What a key is called by where somebody gives its URI. */
export function nameInUri(uri: string): { readonly name: string; readonly version?: number } {
  const [, name, version] = /^kylo:kylo:vault:keys:(.+?)(?:-v(\d{1,9}))?$/.exec(uri) ?? []
  if (name === undefined) return { name: uri }
  return { name, ...(version !== undefined && { version: Number(version) }) }
}

export function isUri(text: string): boolean {
  return text.startsWith(prefix)
}

/** What is said of a key beside what is known of every object. */
export interface Extras {
  readonly labels?: Readonly<Record<string, string>>
  readonly aliases?: ShownKey['aliases']
  readonly permissions?: NonNullable<ShownKey['meta']['permissions']>
}

export function shownKey(info: ObjectInfo, { labels, aliases, permissions }: Extras = {}): ShownKey {
  const { id, name, curve, links } = info
  const dates = [
    info.created,
    info.activated,
    info.deactivated,
    info.archived,
    info.compromised,
    info.destroyed,
  ]
  const now = new Date().toISOString()
  const updatedAt = dates.filter((date) => date !== null && date <= now).sort() as string[]
  const word = algorithmWords.find((one) => algorithmNames[one] === info.algorithm) ?? info.algorithm
  // Names are in lower case there: one that is not cannot be found again by such a URI.
  const called = name !== null && name === name.toLowerCase() ? name : id
  return {
    id,
    uri: `${prefix}${called}-v${info.keyVersion - 1}`,
    account,
    name: name ?? id,
    uuid: id,
    muid: info.family,
    version: info.keyVersion - 1,
    algorithm: word.toUpperCase(),
    size: info.length,
    ...(curve !== null && { curveid: curveIds[curve] ?? curve }),
    objectType: typeNames[info.type],
    state: stateNames[info.state],
    usageMask: info.usage.reduce((mask, one) => mask | usageMask[one], info.extractable ? exportBit : 0),
    unexportable: !info.extractable,
    undeletable: false,
    createdAt: info.created,
    updatedAt: updatedAt.at(-1) ?? info.created,
    ...given('activationDate', info.activated),
    ...given('processStartDate', info.processStart),
    ...given('protectStopDate', info.protectStop),
    ...given('deactivationDate', info.deactivated),
    ...given('archiveDate', info.archived),
    ...given('compromiseDate', info.compromised),
    ...given('destroyDate', info.destroyed ?? info.destroyAt),
    ...given('revocationReason', info.revocationReason),
    ...given('description', info.description),
    ...given('publicKey', links.publicKey),
    ...given('privateKey', links.privateKey),
    meta: { ownerId: localUserId(info.owner), ...(permissions && { permissions }) },
    ...(labels && Object.keys(labels).length > 0 && { labels }),
    ...(aliases && aliases.length > 0 && { aliases }),
  }
}

/** Labels and aliases of the attributes that they are. */
export function extrasOf(attributes: {
  readonly VendorAttribute?: AttributeValue | readonly AttributeValue[]
  readonly AlternativeName?: AttributeValue | readonly AttributeValue[]
}): Pick<Extras, 'labels' | 'aliases'> {
  const instances = (value: unknown) =>
    (value === undefined ? [] : value) as readonly Readonly<Record<string, string>>[]
  const labels = instances(attributes.VendorAttribute).filter(({ vendor }) => vendor === labelVendor)
  const aliases = instances(attributes.AlternativeName)
  return {
    labels: Object.fromEntries(labels.map(({ name, value }) => [String(name), String(value)])),
    aliases: aliases.map(({ type, value }, index) => ({
      alias: String(value),
      type: type === 'URI' ? 'uri' : 'string',
      index,
    })),
  }
}

function given<Name extends string>(name: Name, value: string | null): { readonly [N in Name]?: string } {
  return (value === null ? {} : { [name]: value }) as { readonly [N in Name]?: string }
}
