import Type from 'typebox'
import { certificateReasons, certificateStates, type ProfileFields, pairFormats } from '../../core/index.js'
import { type App, enumOf, exactly, integers } from '../http/index.js'
import {
  alternativeNames,
  certificateInfo,
  keyFields,
  nameConstraints,
  profileFields,
  validity,
} from './certificate_schemas.js'
import { optionalBody, skipFields } from './schemas.js'

const tags = ['certificates']
const authority = Type.String({ minLength: 1, description: 'Id or percent-encoded name of the authority' })
const ofAuthority = Type.Object({ authority })
const ofCertificate = Type.Object({ authority, certificate: Type.String({ minLength: 1 }) })
const filter = {
  subject: Type.Optional(Type.String({ description: 'RFC 4514' })),
  commonName: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  serial: Type.Optional(Type.String({ description: 'Hexadecimal' })),
  fingerprint: Type.Optional(Type.String({ description: 'SHA-256, hexadecimal' })),
}
/** What a certificate is to be like. */
const wanted = {
  ...validity,
  profile: Type.String({
    description: 'server, client, ca, ocsp-signer, code-signing, or one of the store',
  }),
  names: Type.Optional(alternativeNames),
  pathLength: Type.Optional(Type.Integer()),
  nameConstraints,
  name: Type.Optional(Type.String({ description: 'What it is called here' })),
}
/** What is to be certified. */
const asked = {
  request: Type.Optional(Type.String({ description: 'PKCS#10 as PEM' })),
  publicKey: Type.Optional(Type.String({ description: 'SPKI as PEM, in place of a request' })),
  subject: Type.Optional(Type.String({ description: 'RFC 4514. Default: that of the request' })),
}
const page = Type.Object({ certificates: Type.Array(certificateInfo), total: Type.Integer() })
const profile = Type.Object({
  name: Type.String(),
  origin: enumOf(['built-in', 'store']),
  ...profileFields,
})
const profileChanges = Type.Unsafe<ProfileFields>(
  exactly(
    Object.fromEntries(Object.entries(profileFields).map(([name, type]) => [name, Type.Optional(type)])),
  ),
)

/** Certificates that authorities issue, what they are like, and requests for them. */
export function certificateRoutes(app: App): void {
  app.post(
    '/ca/authorities/:authority/certificates/prepare',
    {
      schema: {
        tags,
        operationId: 'prepareCertificate',
        summary: 'Build a certificate and look at it; the token that comes of it issues it',
        params: ofAuthority,
        body: exactly({ ...wanted, ...asked }),
        response: {
          200: Type.Object({
            token: Type.String(),
            expires: Type.String({ description: 'ISO 8601, UTC' }),
            id: Type.String(),
            subject: Type.String(),
            serial: Type.String(),
            notBefore: Type.String(),
            notAfter: Type.String(),
            warnings: Type.Array(Type.String()),
            ignored: Type.Array(Type.String(), {
              description: 'Extensions that the request asks for in vain',
            }),
          }),
        },
      },
    },
    async ({ session, params, body }) => session.prepareCertificate(params.authority, body),
  )

  app.post(
    '/ca/authorities/:authority/certificates',
    {
      schema: {
        tags,
        operationId: 'issueCertificate',
        summary: 'Issue a certificate that was prepared, or prepare and issue it at once',
        params: ofAuthority,
        body: Type.Union([exactly({ token: Type.String() }), exactly({ ...wanted, ...asked })]),
        response: { 201: certificateInfo },
      },
    },
    async ({ session, params: { authority }, body }, reply) =>
      reply
        .code(201)
        .send(
          await ('token' in body
            ? session.issueCertificate(authority, body.token)
            : session.certify(authority, body)),
        ),
  )

  app.post(
    '/ca/authorities/:authority/certificates/pair',
    {
      schema: {
        tags,
        operationId: 'certifyPair',
        summary: 'Make a key pair and issue its certificate; the private key is answered, and not kept',
        params: ofAuthority,
        body: exactly({
          ...wanted,
          subject: Type.String({ description: 'RFC 4514' }),
          key: exactly({
            ...keyFields,
            format: Type.Optional(
              enumOf(pairFormats, {
                description: 'With the certificate and those above it (default), or the key alone as PEM',
              }),
            ),
            password: Type.Optional(
              Type.String({ description: 'Encrypts the private key; PKCS#12 needs one' }),
            ),
          }),
        }),
        response: {
          201: Type.Object({
            certificate: certificateInfo,
            chain: Type.Array(Type.String(), {
              description: 'The certificates above it, nearest first, as PEM',
            }),
            key: Type.String({ description: 'Base64 of PKCS#12, or of PKCS#8 as PEM' }),
          }),
        },
      },
    },
    async ({ session, params, body: { key: kind, ...asked } }, reply) => {
      const { key, ...issued } = await session.certifyPair(params.authority, asked, kind)
      return reply.code(201).send({ ...issued, key: key.toString('base64') })
    },
  )

  app.get(
    '/ca/authorities/:authority/certificates',
    {
      preValidation: integers('skip', 'limit', 'expiresBy'),
      schema: {
        tags,
        operationId: 'listCertificates',
        summary: 'What an authority has issued',
        params: ofAuthority,
        querystring: exactly({
          ...skipFields,
          ...filter,
          state: Type.Optional(enumOf(certificateStates)),
          expiresBy: Type.Optional(Type.Integer({ description: 'Milliseconds since 1970' })),
        }),
        response: { 200: page },
      },
    },
    async ({ session, params, query }) => session.certificates(params.authority, query),
  )

  app.get(
    '/ca/certificates',
    {
      preValidation: integers('skip', 'limit'),
      schema: {
        tags,
        operationId: 'findCertificates',
        summary: 'Certificates of all authorities, by what few have in common',
        querystring: exactly({ ...skipFields, ...filter }),
        response: { 200: page },
      },
    },
    async ({ session, query }) => session.findCertificates(query),
  )

  app.get(
    '/ca/authorities/:authority/certificates/:certificate',
    {
      schema: {
        tags,
        operationId: 'getCertificate',
        summary: 'One certificate that an authority has issued',
        params: ofCertificate,
        response: { 200: certificateInfo },
      },
    },
    async ({ session, params }) => session.getCertificate(params.authority, params.certificate),
  )

  app.delete(
    '/ca/authorities/:authority/certificates/:certificate',
    {
      schema: {
        tags,
        operationId: 'deleteCertificate',
        summary: 'Take a certificate off the lists; what it is worth stays',
        params: ofCertificate,
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteCertificate(params.authority, params.certificate)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/ca/authorities/:authority/certificates/:certificate/revoke',
    {
      schema: {
        tags,
        operationId: 'revokeCertificate',
        summary: 'Revoke a certificate, or put it on hold',
        params: ofCertificate,
        body: exactly({
          reason: enumOf(certificateReasons, { description: 'RFC 5280 section 5.3.1' }),
          invalidityDate: Type.Optional(Type.Integer({ description: 'Milliseconds since 1970' })),
        }),
        response: { 200: certificateInfo },
      },
    },
    async ({ session, params, body: { reason, ...options } }) =>
      session.revokeCertificate(params.authority, params.certificate, reason, options),
  )

  app.post(
    '/ca/authorities/:authority/certificates/:certificate/resume',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'resumeCertificate',
        summary: 'Take back that a certificate is on hold',
        params: ofCertificate,
        body: exactly({}),
        response: { 200: certificateInfo },
      },
    },
    async ({ session, params }) => session.resumeCertificate(params.authority, params.certificate),
  )

  app.post(
    '/ca/requests',
    {
      schema: {
        tags,
        operationId: 'createCertificateRequest',
        summary: 'Make a key and a request to certify it; neither is kept',
        body: exactly({
          ...keyFields,
          subject: Type.String({ description: 'RFC 4514' }),
          names: Type.Optional(alternativeNames),
          password: Type.Optional(Type.String({ description: 'Encrypts the private key' })),
        }),
        response: {
          201: Type.Object({
            request: Type.String({ description: 'PKCS#10 as PEM' }),
            privateKey: Type.String({ description: 'PKCS#8 as PEM' }),
          }),
        },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createCertificateRequest(body)),
  )

  app.get(
    '/ca/profiles',
    {
      schema: {
        tags,
        operationId: 'listCertificateProfiles',
        summary: 'The profiles that certificates may be of',
        response: { 200: Type.Object({ profiles: Type.Array(profile) }) },
      },
    },
    async ({ session }) => ({ profiles: await session.certificateProfiles() }),
  )

  app.put(
    '/ca/profiles/:name',
    {
      schema: {
        tags,
        operationId: 'setCertificateProfile',
        summary: 'Say what certificates of a profile are like from now on',
        params: Type.Object({ name: Type.String({ minLength: 1 }) }),
        body: profileChanges,
        response: { 200: profile },
      },
    },
    async ({ session, params, body }) => session.setCertificateProfile(params.name, body),
  )

  app.delete(
    '/ca/profiles/:name',
    {
      schema: {
        tags,
        operationId: 'deleteCertificateProfile',
        summary: 'Delete a profile; what was issued by it stays',
        params: Type.Object({ name: Type.String({ minLength: 1 }) }),
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteCertificateProfile(params.name)
      return reply.code(204).send(null)
    },
  )
}
