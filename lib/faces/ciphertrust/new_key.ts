import Type, { type Static } from 'typebox'
import {
  type AttributeValues,
  algorithms,
  type ObjectInfo,
  type ObjectType,
  type Session,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { enumOf, exactly, fromBase64 } from '../http/index.js'
import { metaField } from './key_calls.js'
import { aliases, aliasOf, dateFields, datesOf, labelOf } from './key_labels.js'
import { algorithmOf, curveOf, exportBit, usagesOf } from './key_shape.js'

const text = (description: string) => Type.Optional(Type.String({ description }))
const usageMask = Type.Optional(
  Type.Integer({ minimum: 0, description: 'KMIP; 64 lets the key be exported' }),
)
export const encodings = enumOf(['hex', 'base64'], { description: 'Of symmetric keys. Default hex' })

export const newKey = exactly({
  name: text('Unique; nothing for none'),
  algorithm: Type.Optional(Type.String({ description: 'aes (default), tdes, rsa, ec, hmac-sha256, ...' })),
  size: Type.Optional(Type.Integer({ description: 'Bits. Default: the longest of AES, 3072 of RSA' })),
  curveid: text('Of EC: prime256v1 (default), secp384r1, secp521r1, secp256k1'),
  usageMask,
  unexportable: Type.Optional(Type.Boolean({ description: 'Default true, unless the mask has the bit 64' })),
  undeletable: Type.Optional(Type.Boolean({ description: 'false' })),
  assignSelfAsOwner: Type.Optional(Type.Boolean({ description: 'true: nobody else can be' })),
  material: text('A key that is there already: hexadecimal or base64 of a symmetric one, else PEM'),
  encoding: Type.Optional(encodings),
  state: Type.Optional(enumOf(['Pre-Active', 'Active'], { description: 'Default Active' })),
  description: text('At most 1,024 characters'),
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  aliases,
  meta: metaField,
  ...dateFields,
})
export type NewKey = Static<typeof newKey>

/** Makes a key, or takes in the one whose material is given. Of a pair the private key is answered. */
export function newKeyOf(session: Session, body: NewKey): Promise<ObjectInfo> {
  return body.material === undefined ? made(session, body) : taken(session, body)
}

/** Makes a key or a pair. */
async function made(session: Session, body: NewKey): Promise<ObjectInfo> {
  const algorithm = algorithmOf(body.algorithm ?? 'aes')
  const { curveid, size } = body
  // Lengths of 3DES are counted with parity there and without it here.
  const length = size !== undefined && algorithm !== '3DES' && curveid === undefined && algorithm !== 'EC'
  const common = {
    ...attributesOf(body),
    algorithm,
    ...(length && { length: size }),
  }
  const mask = body.usageMask
  if (algorithms[algorithm as keyof typeof algorithms].kind === 'secret') {
    const usage = mask === undefined ? {} : { usage: usagesOf(mask, algorithm, 'SymmetricKey') }
    return session.createKey({ ...common, ...usage })
  }
  const { privateKey } = await session.createKeyPair({
    ...common,
    ...(curveid !== undefined && { curve: curveOf(curveid) }),
    ...(mask !== undefined && {
      privateUsage: usagesOf(mask, algorithm, 'PrivateKey'),
      publicUsage: usagesOf(mask, algorithm, 'PublicKey'),
    }),
  })
  return privateKey
}

/** Takes in a key that is there already. */
async function taken(session: Session, body: NewKey): Promise<ObjectInfo> {
  const algorithm = algorithmOf(body.algorithm ?? 'aes')
  const { material = '', encoding = 'hex', usageMask: mask } = body
  const isSecret = algorithms[algorithm as keyof typeof algorithms].kind === 'secret'
  const bytes = material.startsWith('-----') ? Buffer.from(material) : bytesOf(material, encoding)
  const type: ObjectType = isSecret
    ? 'SymmetricKey'
    : material.includes('PUBLIC')
      ? 'PublicKey'
      : 'PrivateKey'
  try {
    return await session.register({
      ...attributesOf(body),
      ...{ algorithm, material: bytes },
      ...(isSecret && { format: 'raw' }),
      ...(mask !== undefined && { usage: usagesOf(mask, algorithm, type) }),
    })
  } finally {
    bytes.fill(0)
  }
}

function bytesOf(material: string, encoding: 'hex' | 'base64'): Buffer {
  if (encoding === 'base64') return fromBase64(material, 'material')
  if (/^([0-9a-f]{2})+$/i.test(material)) return Buffer.from(material, 'hex')
  throw invalid('material must be hexadecimal, unless encoding says base64')
}

function attributesOf(body: NewKey) {
  const {
    name,
    description,
    state,
    unexportable,
    usageMask: mask = 0,
    labels = {},
    aliases: others = [],
  } = body
  const attributes: AttributeValues = {
    ...datesOf(body),
    ...(Object.keys(labels).length > 0 && {
      VendorAttribute: Object.entries(labels).map(([label, value]) => labelOf(label, value)),
    }),
    ...(others.length > 0 && { AlternativeName: others.map(aliasOf) }),
  }
  return {
    ...(name !== undefined && name !== '' && { name }),
    ...(description !== undefined && { description }),
    extractable: unexportable === undefined ? (mask & exportBit) !== 0 : !unexportable,
    ...(state && { activate: state === 'Active' }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  }
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
