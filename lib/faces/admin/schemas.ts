import Type from 'typebox'
import {
  type AttributeValues,
  objectTypes,
  type RotationInfo,
  splitMethods,
  states,
  type Usage,
  usageMask,
} from '../../core/index.js'
import { enumOf, nullable } from '../http/index.js'

export { exactly } from '../http/index.js'

/** Schemas that several groups of routes share. */

export const objectParams = Type.Object({
  id: Type.String({ minLength: 1, description: 'Id or percent-encoded name of the object' }),
})

export const usages = Type.Array(enumOf(Object.keys(usageMask) as Usage[]))

const date = (description: string) =>
  nullable('string', { description: `ISO 8601, UTC: when it was ${description}` })

/** RotationInfo of the core, or null: in the form that serialises without trying alternatives. */
export const rotationPolicy = Type.Unsafe<RotationInfo | null>({
  ...Type.Object({
    interval: Type.String({ description: 'ISO 8601, from one rotation to the next' }),
    offset: nullable('string', { description: 'ISO 8601, from the making of a version to its activation' }),
    keepActive: nullable('integer', { description: 'How many of the newest versions stay Active' }),
    next: Type.String({ description: 'ISO 8601, UTC: when the next rotation falls due' }),
    setBy: Type.String({ description: 'Principal id' }),
  }),
  type: ['object', 'null'],
  description: 'When it is rekeyed of itself',
})

/** What a share of a split key says of itself. */
export const splitKey = {
  split: Type.Optional(Type.String({ description: 'UUID that the shares of one splitting have in common' })),
  method: enumOf(splitMethods),
  polynomial: Type.Optional(
    Type.Union([Type.Literal(283), Type.Literal(285)], {
      description: 'Of GF(2^8), as KMIP numbers its polynomials. Default: 283',
    }),
  ),
  prime: Type.Optional(Type.String({ description: 'The prime of a field, hexadecimal' })),
  parts: Type.Integer(),
  identifier: Type.Integer({ description: 'Which of the parts: 1, 2, ...' }),
  threshold: Type.Integer({ description: 'How many are needed' }),
  of: Type.Optional(enumOf(['PrivateKey', 'SymmetricKey'] as const)),
}

/** ObjectInfo of the core: what may be told about an object. */
export const objectInfo = Type.Object({
  id: Type.String({ description: 'UUID of this version' }),
  name: nullable('string'),
  type: enumOf(objectTypes),
  state: enumOf(states),
  owner: Type.String({ description: 'Principal id' }),
  algorithm: Type.String(),
  length: Type.Integer({ description: 'Bits' }),
  curve: nullable('string'),
  usage: usages,
  keyVersion: Type.Integer({ description: '1, 2, ... with each rekey' }),
  family: Type.String({ description: 'Id of the first version' }),
  provider: Type.String(),
  extractable: Type.Boolean(),
  callerIv: Type.Boolean({ description: 'Whether callers may choose the IV that they encrypt under' }),
  sensitive: Type.Boolean(),
  description: nullable('string'),
  created: Type.String(),
  activated: date('activated, or will be'),
  processStart: nullable('string', { description: 'Before it, it opens and verifies nothing' }),
  protectStop: nullable('string', { description: 'From then on it protects nothing' }),
  deactivated: date('deactivated, or will be'),
  archived: date('archived'),
  compromised: date('compromised'),
  destroyed: date('destroyed'),
  destroyAt: nullable('string', {
    description: 'When it is to be destroyed; it cannot be used until that is cancelled',
  }),
  rotation: rotationPolicy,
  revocationReason: nullable('string'),
  splitKey: Type.Union([Type.Object(splitKey), Type.Null()]),
  links: Type.Object({
    publicKey: nullable('string'),
    privateKey: nullable('string'),
    replacement: nullable('string'),
    replaced: nullable('string'),
    derivationBase: nullable('string'),
    derivedKey: nullable('string'),
    parent: nullable('string'),
  }),
})

/** Attributes by KMIP's names; their own types are checked by the core. */
export const attributeValues = Type.Unsafe<AttributeValues>({
  type: 'object',
  additionalProperties: true,
  description: 'Attributes by KMIP’s names; a list of instances where there may be several',
})

/** Where a key is made, or taken in. */
export const place = {
  provider: Type.Optional(
    Type.String({
      description: 'The token that it is to live on, or software. Default as configured (hsm.keys)',
    }),
  ),
}

/** What whoever makes a key may say of it. */
export const newKey = {
  name: Type.Optional(
    Type.String({ description: '1 to 255 characters, unique among objects not destroyed' }),
  ),
  furtherNames: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Others that it is found by as well, as unique; besides a name',
    }),
  ),
  description: Type.Optional(Type.String()),
  extractable: Type.Optional(
    Type.Union([Type.Boolean(), Type.Literal('here')], {
      description: 'Whether the key may be exported; here: unless it is on a token. Default false',
    }),
  ),
  sensitive: Type.Optional(
    Type.Boolean({ description: 'Whether it leaves wrapped only. Default true unless extractable' }),
  ),
  callerIv: Type.Optional(
    Type.Boolean({ description: 'Whether callers may choose the IV that they encrypt under. Default false' }),
  ),
  activate: Type.Optional(Type.Boolean({ description: 'Whether it is Active at once. Default true' })),
  attributes: Type.Optional(attributeValues),
  stated: Type.Optional(
    Type.Object(
      {
        algorithm: Type.Optional(Type.String()),
        length: Type.Optional(Type.Integer({ description: 'Bits' })),
        usage: Type.Optional(Type.Array(Type.String())),
        keyFormat: Type.Optional(Type.String()),
      },
      {
        additionalProperties: false,
        description:
          'What it is called in another protocol, where the server has other names; decides nothing',
      },
    ),
  ),
}

/** What pages of lists are asked with. */
export const pageFields = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  after: Type.Optional(Type.String({ description: '`next` of the page before' })),
}

/** Whose logins or tokens are meant. */
export const ownerField = {
  principal: Type.Optional(
    Type.String({ description: 'Id or name; needs the right to manage tokens. Default oneself' }),
  ),
}

/** What a login or token is ended with. */
export const ownField = {
  own: Type.Optional(
    enumOf(['true', 'false'], {
      description: 'false: anybody’s, with the right to manage tokens. Default true',
    }),
  ),
}

/** What lists are asked with whose pages have numbers. */
export const skipFields = {
  skip: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'How many to pass over' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 2000, default: 100 })),
}

export const next = nullable('string', { description: '`after` of the next page; null on the last' })

/** Lets a body that has nothing in it be left out. */
export async function optionalBody(request: { body: unknown }): Promise<void> {
  request.body ??= {}
}
