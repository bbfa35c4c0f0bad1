import Type, { type Static } from 'typebox'
import { certificateReasons, type Session } from '../../core/index.js'
import { type App, enumOf, exactly } from '../http/index.js'
import { calledBy } from './ca_ids.js'
import { issuedCertificate, shownCertificate, validityFields, validityOf, withLines } from './ca_shape.js'
import { filterOf } from './local_cas.js'
import { asked, orNothing, pageFields, pageIntegers, pageOf } from './page.js'
import { readBody, readQuery } from './reading.js'

const tags = ['ciphertrust certificates']
const text = (description: string) => Type.Optional(Type.String({ description }))
const ofAuthority = { id: Type.String({ minLength: 1, description: 'Id, name or URI of the authority' }) }
const params = Type.Object(ofAuthority)
const oneParams = Type.Object({
  ...ofAuthority,
  cert: Type.String({ minLength: 1, description: 'Id or URI of the certificate' }),
})

export function certificateRoutes(app: App): void {
  app.post(
    '/ca/local-cas/:id/certs',
    {
      schema: {
        tags,
        operationId: 'ciphertrustIssue',
        summary: 'Issue a certificate',
        params,
        body: exactly({
          csr: Type.String({ description: 'PKCS#10 as PEM' }),
          purpose: enumOf(['server', 'client', 'ca']),
          name: text('Default cert- and its id'),
          ...validityFields,
        }),
        response: { 201: issuedCertificate },
      },
    },
    async ({ session, params, body }, reply) => {
      const { csr, purpose, name, ...validity } = body
      const info = await session.certify(calledBy('localca', params.id), {
        profile: purpose,
        request: withLines(csr),
        ...(name !== undefined && { name }),
        ...validityOf({ duration: 365, ...validity }, Date.now()),
      })
      return reply.code(201).send(shownCertificate(info))
    },
  )

  app.get(
    '/ca/local-cas/:id/certs',
    {
      preValidation: readQuery({ integers: pageIntegers }),
      schema: {
        tags,
        operationId: 'ciphertrustListCertificates',
        summary: 'Certificates that an authority has issued',
        params,
        querystring: exactly({
          ...pageFields,
          subject: text('/C=.../CN=..., or RFC 4514'),
          issuer: text('The same'),
          cert: text('PEM'),
          id: text('Id or URI'),
        }),
        response: { 200: pageOf(issuedCertificate) },
      },
    },
    async ({ session, params, query }) => {
      const page = asked(query)
      return orNothing(page, ['MORTISE_CERTIFICATE_NOT_FOUND'], async () => {
        const { certificates, total } = await found(session, calledBy('localca', params.id), query)
        return { total, resources: certificates.map(shownCertificate) }
      })
    },
  )

  app.get(
    '/ca/local-cas/:id/certs/:cert',
    {
      schema: {
        tags,
        operationId: 'ciphertrustGetCertificate',
        summary: 'One of them',
        params: oneParams,
        response: { 200: issuedCertificate },
      },
    },
    async ({ session, params }) =>
      shownCertificate(await session.getCertificate(...calledCertificate(params))),
  )

  app.delete(
    '/ca/local-cas/:id/certs/:cert',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustDeleteCertificate',
        summary: 'Take a certificate off the lists; it stays what it is: valid, or revoked',
        params: oneParams,
        response: { 204: Type.Null({ description: 'Nothing' }) },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteCertificate(...calledCertificate(params))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/ca/local-cas/:id/certs/:cert/revoke',
    {
      schema: {
        tags,
        operationId: 'ciphertrustRevoke',
        summary: 'Revoke a certificate, for ever or (certificateHold) until it is resumed',
        params: oneParams,
        body: exactly({ reason: enumOf(certificateReasons) }),
        response: { 200: issuedCertificate },
      },
    },
    async ({ session, params, body }) =>
      shownCertificate(await session.revokeCertificate(...calledCertificate(params), body.reason)),
  )

  app.post(
    '/ca/local-cas/:id/certs/:cert/resume',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustResume',
        summary: 'Take back that a certificate was held',
        params: oneParams,
        response: { 200: issuedCertificate },
      },
    },
    async ({ session, params }) =>
      shownCertificate(await session.resumeCertificate(...calledCertificate(params))),
  )
}

/** Ids or names of an authority and of its certificate. */
function calledCertificate({ id, cert }: Static<typeof oneParams>): [authority: string, certificate: string] {
  return [calledBy('localca', id), calledBy('certs', cert)]
}

interface Query {
  readonly skip?: number
  readonly limit?: number
  readonly subject?: string
  readonly issuer?: string
  readonly cert?: string
  readonly id?: string
}

async function found(session: Session, authority: string, { id, ...query }: Query) {
  const { issuer, ...filter } = filterOf(query)
  // All of them have the same issuer.
  if (issuer !== undefined) {
    const { authorities } = await session.authorities({ subject: issuer, limit: 2000 })
    if (!authorities.some(({ id, name }) => id === authority || name === authority))
      return { certificates: [], total: 0 }
  }
  if (id === undefined) return session.certificates(authority, { ...asked(query), ...filter })
  const one = await session.getCertificate(authority, calledBy('certs', id))
  return { certificates: (query.skip ?? 0) === 0 ? [one] : [], total: 1 }
}
