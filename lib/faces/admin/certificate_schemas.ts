import Type from 'typebox'
import {
  type AuthorityKey,
  certificateReasons,
  certificateStates,
  type Fingerprints,
  nameKinds,
} from '../../core/index.js'
import { enumOf, exactly, nullable } from '../http/index.js'

/** Schemas that the routes of authorities and of certificates share. */

const texts = Type.Optional(Type.Array(Type.String()))

export const alternativeNames = exactly({ dns: texts, ip: texts, email: texts, uri: texts })

const constrained = Type.Optional(exactly({ dns: texts, ip: texts, email: texts }))
export const nameConstraints = Type.Optional(exactly({ permitted: constrained, excluded: constrained }))

/** When a certificate is to be valid. */
export const validity = {
  days: Type.Optional(Type.Number({ description: 'From the beginning on' })),
  notBefore: Type.Optional(
    Type.Integer({ description: 'Milliseconds since 1970. Default: five minutes ago' }),
  ),
  notAfter: Type.Optional(Type.Integer({ description: 'Milliseconds since 1970; goes before days' })),
}

export const keyFields = {
  algorithm: Type.Optional(enumOf(['EC', 'RSA', 'Ed25519', 'Ed448'], { description: 'Default EC' })),
  length: Type.Optional(Type.Integer({ description: 'Bits, of RSA. Default 3072' })),
  curve: Type.Optional(enumOf(['P-256', 'P-384', 'P-521'], { description: 'Of EC. Default P-256' })),
}

const urls = (description: string) => Type.Optional(Type.Array(Type.String(), { description }))

/** Whom certificates below an authority let in. */
export const trust = Type.Optional(
  exactly({
    clients: Type.Optional(Type.Boolean({ description: 'TLS clients, who are whom their certificate says' })),
    users: Type.Optional(Type.Boolean({ description: 'Logins by certificate' })),
  }),
)

export const settings = {
  crlDays: Type.Optional(Type.Integer({ description: 'Days for which a CRL holds: 1 to 365. Default 7' })),
  crlPartitions: Type.Optional(
    Type.Integer({
      description: 'CRLs that what is issued from now on is divided among: 1 to 100. Default 1',
    }),
  ),
  deltaCrls: Type.Optional(
    Type.Boolean({ description: 'Whether a revocation makes a delta CRL. Default false' }),
  ),
  crlUrls: urls('Where its CRL is found'),
  ocspUrls: urls('Where its OCSP responder is found'),
  issuerUrls: urls('Where its own certificate is found'),
}

/** Fingerprints of the core, or null: in the form that serialises without trying alternatives. */
const fingerprints = Type.Unsafe<Fingerprints | null>({
  ...Type.Object({ sha1: Type.String(), sha256: Type.String(), sha512: Type.String() }),
  type: ['object', 'null'],
  description: 'Of the DER, hexadecimal',
})

export const authorityInfo = Type.Object({
  id: Type.String(),
  name: nullable('string'),
  kind: enumOf(['local', 'external']),
  state: enumOf(['pending', 'active', 'expired', 'disabled']),
  subject: Type.String({ description: 'RFC 4514' }),
  key: Type.Unsafe<AuthorityKey | null>({
    ...Type.Object({ algorithm: Type.String(), length: Type.Integer(), curve: nullable('string') }),
    type: ['object', 'null'],
    description: 'Of a local one',
  }),
  issuer: nullable('string'),
  serial: nullable('string', { description: 'Hexadecimal' }),
  notBefore: nullable('string', { description: 'ISO 8601, UTC' }),
  notAfter: nullable('string'),
  fingerprints,
  request: nullable('string', { description: 'PKCS#10 as PEM' }),
  certificate: nullable('string', { description: 'PEM' }),
  chain: Type.Array(Type.String(), { description: 'The certificates above it, nearest first, as PEM' }),
  parent: nullable('string', { description: 'Id of the authority that has signed it' }),
  parentKind: nullable('string', { description: 'local, external' }),
  trust: Type.Object({ clients: Type.Boolean(), users: Type.Boolean() }),
  settings: Type.Object({
    crlDays: Type.Integer(),
    crlPartitions: Type.Integer(),
    deltaCrls: Type.Boolean(),
    crlUrls: Type.Array(Type.String()),
    ocspUrls: Type.Array(Type.String()),
    issuerUrls: Type.Array(Type.String()),
  }),
  created: Type.String(),
  updated: Type.String(),
})

export const certificateInfo = Type.Object({
  id: Type.String(),
  name: nullable('string'),
  authority: Type.String({ description: 'Id of the authority' }),
  profile: Type.String(),
  state: enumOf(certificateStates, {
    description: 'unconfirmed: it was to be signed, and may have been; it can be revoked',
  }),
  issuer: Type.String({ description: 'Subject of the authority, RFC 4514' }),
  subject: Type.String({ description: 'RFC 4514' }),
  commonName: nullable('string'),
  serial: Type.String({ description: 'Hexadecimal' }),
  notBefore: Type.String({ description: 'ISO 8601, UTC' }),
  notAfter: Type.String(),
  fingerprints,
  certificate: nullable('string', { description: 'PEM' }),
  reason: Type.Unsafe<(typeof certificateReasons)[number] | null>({
    type: ['string', 'null'],
    enum: [...certificateReasons, null],
  }),
  revoked: nullable('string'),
  invalidityDate: nullable('string'),
  owner: Type.String({ description: 'Principal id' }),
  created: Type.String(),
  updated: Type.String(),
})

export const profileFields = {
  description: Type.String(),
  keyUsage: Type.Array(Type.String(), { description: 'RFC 5280 section 4.2.1.3' }),
  extendedKeyUsage: Type.Array(Type.String(), { description: 'Names of RFC 5280, or object identifiers' }),
  requiredSubject: Type.Array(Type.String(), { description: 'Attributes that the subject must have' }),
  names: Type.Array(enumOf(nameKinds)),
  namesRequired: Type.Boolean(),
  dnsSuffixes: Type.Unsafe<readonly string[] | null>({
    type: ['array', 'null'],
    items: { type: 'string' },
    description: 'Domains that DNS names are in or below. Null: any',
  }),
  wildcards: Type.Boolean(),
  authority: Type.Boolean(),
  pathLength: Type.Unsafe<number | null>({ type: ['integer', 'null'] }),
  policies: Type.Array(Type.String()),
  noCheck: Type.Boolean({ description: 'Whether nobody is to ask if it is revoked (RFC 6960)' }),
  days: Type.Integer(),
  maximumDays: Type.Integer(),
}
