import Type from 'typebox'
import type { CrlInfo } from '../../core/index.js'
import { type App, base64, enumOf, exactly, integers } from '../http/index.js'
import {
  alternativeNames,
  authorityInfo,
  keyFields,
  nameConstraints,
  settings,
  trust,
  validity,
} from './certificate_schemas.js'
import { optionalBody, skipFields } from './schemas.js'

const tags = ['certificates']
const params = Type.Object({
  authority: Type.String({ minLength: 1, description: 'Id or percent-encoded name of the authority' }),
})
const name = Type.Optional(
  Type.String({ description: '1 to 255 characters, unique among objects not destroyed' }),
)
const crl = Type.Object({
  authority: Type.String(),
  number: Type.Integer(),
  thisUpdate: Type.String({ description: 'ISO 8601, UTC' }),
  nextUpdate: Type.String(),
  entries: Type.Integer({ description: 'How many certificates are on it' }),
  der: base64('DER'),
})

/** Certificate authorities and their CRLs. */
export function authorityRoutes(app: App): void {
  app.get(
    '/ca/authorities',
    {
      preValidation: integers('skip', 'limit'),
      schema: {
        tags,
        operationId: 'listAuthorities',
        summary: 'The certificate authorities that one may get',
        querystring: exactly({
          ...skipFields,
          kind: Type.Optional(enumOf(['local', 'external'])),
          state: Type.Optional(enumOf(['pending', 'active', 'expired', 'disabled'])),
          subject: Type.Optional(Type.String({ description: 'RFC 4514' })),
          issuer: Type.Optional(Type.String({ description: 'RFC 4514' })),
          fingerprint: Type.Optional(Type.String({ description: 'SHA-256, hexadecimal' })),
        }),
        response: { 200: Type.Object({ authorities: Type.Array(authorityInfo), total: Type.Integer() }) },
      },
    },
    async ({ session, query }) => session.authorities(query),
  )

  app.post(
    '/ca/authorities',
    {
      schema: {
        tags,
        operationId: 'createAuthority',
        summary: 'Make a certificate authority, which is pending: its key, and a request to certify it',
        body: exactly({
          ...keyFields,
          name,
          subject: Type.String({ description: 'RFC 4514' }),
          names: Type.Optional(alternativeNames),
          provider: Type.Optional(
            Type.String({ description: 'The token that its key is to live on, or software' }),
          ),
          settings: Type.Optional(exactly(settings)),
          trust,
        }),
        response: { 201: authorityInfo },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createAuthority(body)),
  )

  app.post(
    '/ca/authorities/register',
    {
      schema: {
        tags,
        operationId: 'registerAuthority',
        summary: 'Take in the certificate of an authority whose key is elsewhere',
        body: exactly({
          name,
          certificate: Type.String({ description: 'PEM' }),
          parent: Type.Optional(
            Type.String({ description: 'Id or name of the authority that has signed it' }),
          ),
          trust,
        }),
        response: { 201: authorityInfo },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.registerAuthority(body)),
  )

  app.get(
    '/ca/authorities/:authority',
    {
      schema: {
        tags,
        operationId: 'getAuthority',
        summary: 'One certificate authority with its certificates',
        params,
        response: { 200: authorityInfo },
      },
    },
    async ({ session, params }) => session.getAuthority(params.authority),
  )

  app.patch(
    '/ca/authorities/:authority',
    {
      schema: {
        tags,
        operationId: 'setAuthority',
        summary: 'Change how a local authority issues from now on',
        params,
        body: exactly({
          enabled: Type.Optional(Type.Boolean({ description: 'Whether it issues; it revokes in any case' })),
          settings: Type.Optional(exactly(settings)),
          trust,
        }),
        response: { 200: authorityInfo },
      },
    },
    async ({ session, params, body }) => session.setAuthority(params.authority, body),
  )

  app.delete(
    '/ca/authorities/:authority',
    {
      schema: {
        tags,
        operationId: 'deleteAuthority',
        summary: 'Delete an authority with its key, for ever, whatever it has issued',
        params,
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteAuthority(params.authority)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/ca/authorities/:authority/self-sign',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'selfSignAuthority',
        summary: 'Make a pending authority a root',
        params,
        body: exactly({ ...validity, pathLength: Type.Optional(Type.Integer()), nameConstraints }),
        response: { 200: authorityInfo },
      },
    },
    async ({ session, params, body }) => session.selfSign(params.authority, body),
  )

  app.post(
    '/ca/authorities/:authority/renew',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'renewAuthority',
        summary: 'Give an authority another certificate for the same key',
        params,
        body: exactly({
          ...validity,
          certificate: Type.Optional(
            Type.String({
              description:
                'PEM, as another authority has signed it. Default: it signs itself, or a local one above it issues it',
            }),
          ),
          parent: Type.Optional(Type.String({ description: 'Id or name. Default: whichever it leads to' })),
        }),
        response: { 200: authorityInfo },
      },
    },
    async ({ session, params, body }) => session.renewAuthority(params.authority, body),
  )

  app.post(
    '/ca/authorities/:authority/install',
    {
      schema: {
        tags,
        operationId: 'installAuthorityCertificate',
        summary: 'Make a pending authority active with the certificate that another one has signed',
        params,
        body: exactly({
          certificate: Type.String({ description: 'PEM; those between it and its parent may follow' }),
          parent: Type.Optional(Type.String({ description: 'Id or name. Default: whichever it leads to' })),
        }),
        response: { 200: authorityInfo },
      },
    },
    async ({ session, params, body }) => session.installCertificate(params.authority, body),
  )

  app.get(
    '/ca/authorities/:authority/crl',
    {
      preValidation: integers('number'),
      schema: {
        tags,
        operationId: 'getCrl',
        summary: 'The newest CRL of an authority, or the one of a number',
        params,
        querystring: exactly({ number: Type.Optional(Type.Integer({ minimum: 1 })) }),
        response: { 200: crl },
      },
    },
    async ({ session, params, query }) => crlText(await session.crl(params.authority, query.number)),
  )

  app.post(
    '/ca/authorities/:authority/crl',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'createCrl',
        summary: 'Make the next CRL of an authority now',
        params,
        body: exactly({}),
        response: { 201: crl },
      },
    },
    async ({ session, params }, reply) =>
      reply.code(201).send(crlText(await session.createCrl(params.authority))),
  )
}

function crlText({ der, ...rest }: CrlInfo) {
  return { ...rest, der: der.toString('base64') }
}
