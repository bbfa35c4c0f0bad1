import Type from 'typebox'
import type { AuthorityInfo, AuthorityKey, Session } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, enumOf, exactly } from '../http/index.js'
import { calledBy } from './ca_ids.js'
import {
  fingerprintOf,
  localAuthority,
  shownLocal,
  validityFields,
  validityOf,
  withLines,
} from './ca_shape.js'
import { alternativeNamesOf, keyOf, requestFields, subjectOf } from './csr.js'
import { asked, pageFields, pageIntegers, pageOf } from './page.js'
import { readBody, readQuery } from './reading.js'
import { fieldsOf, nameOfFilter } from './subject_text.js'

const tags = ['ciphertrust authorities']
const text = (description: string) => Type.Optional(Type.String({ description }))
const flag = (description: string) => Type.Optional(Type.Boolean({ description }))
const params = Type.Object({ id: Type.String({ minLength: 1, description: 'Id, name or URI' }) })
const flags = ['allow_client_authentication', 'allow_user_authentication']

/** Whom certificates below an authority let in. */
export const trustFields = {
  allow_client_authentication: flag('TLS clients, which are who their certificate says'),
  allow_user_authentication: flag('Logins by certificate'),
}

export function localAuthorityRoutes(app: App): void {
  app.post(
    '/ca/local-cas',
    {
      schema: {
        tags,
        operationId: 'ciphertrustCreateLocalCa',
        summary: 'Make an authority, which is pending: its key, and a request to certify it',
        body: exactly({
          ...requestFields,
          name: text('Default localca- and its id'),
          copy_from_ca: text(
            'Whose fields of the name and kind of key it has where none are given: id, name or URI',
          ),
        }),
        response: { 201: localAuthority },
      },
    },
    async ({ session, body: { name, copy_from_ca: copied, ...given } }, reply) => {
      const like = copied === undefined ? undefined : await localOf(session, copied)
      const isSaid = given.algorithm !== undefined || given.size !== undefined
      const info = await session.createAuthority({
        ...(like?.key && !isSaid ? sameKind(like.key) : keyOf(given)),
        ...(name !== undefined && { name }),
        subject: subjectOf({ names: like ? fieldsOf(like.subject) : [], ...given }),
        names: alternativeNamesOf(given),
      })
      return reply.code(201).send(shownLocal(info))
    },
  )

  app.get(
    '/ca/local-cas',
    {
      preValidation: readQuery({ integers: pageIntegers }),
      schema: {
        tags,
        operationId: 'ciphertrustListLocalCas',
        summary: 'Authorities whose keys are here',
        querystring: exactly({
          ...pageFields,
          subject: text('/C=.../CN=..., or RFC 4514'),
          issuer: text('The same'),
          state: Type.Optional(enumOf(['pending', 'active', 'expired'])),
          cert: text('PEM'),
        }),
        response: { 200: pageOf(localAuthority) },
      },
    },
    async ({ session, query }) => {
      const { state, ...filter } = query
      const { authorities, total } = await session.authorities({
        ...asked(query),
        ...filterOf(filter),
        kind: 'local',
        ...(state && { state }),
      })
      return { ...asked(query), total, resources: authorities.map((one) => shownLocal(one)) }
    },
  )

  app.get(
    '/ca/local-cas/:id',
    {
      preValidation: readQuery({ flags: ['chained'] }),
      schema: {
        tags,
        operationId: 'ciphertrustGetLocalCa',
        summary: 'One of them',
        params,
        querystring: exactly({ chained: flag('Whether cert has the certificates above it as well') }),
        response: { 200: localAuthority },
      },
    },
    async ({ session, params, query }) => shownLocal(await localOf(session, params.id), query.chained),
  )

  app.patch(
    '/ca/local-cas/:id',
    {
      preValidation: [readQuery({ flags }), readBody({ flags })],
      schema: {
        tags,
        operationId: 'ciphertrustSetLocalCa',
        summary: 'Say whom certificates below it let in, in the query or in a body',
        params,
        querystring: exactly(trustFields),
        body: exactly(trustFields),
        response: { 200: localAuthority },
      },
    },
    async ({ session, params, query, body }) => {
      const { id } = await localOf(session, params.id)
      return shownLocal(await session.setAuthority(id, { trust: trustOf({ ...query, ...body }) }))
    },
  )

  app.delete(
    '/ca/local-cas/:id',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustDeleteLocalCa',
        summary: 'Delete an authority with its key, whatever it has issued',
        params,
        response: { 204: Type.Null({ description: 'Nothing' }) },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteAuthority((await localOf(session, params.id)).id)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/ca/local-cas/:id/self-sign',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustSelfSign',
        summary: 'Make a pending authority a root',
        params,
        body: exactly(validityFields),
        response: { 200: localAuthority },
      },
    },
    async ({ session, params, body }) => {
      if (body.duration === undefined && body.notAfter === undefined)
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          'say how long it is valid: duration in days, or notAfter',
        )
      const { id } = await localOf(session, params.id)
      return shownLocal(await session.selfSign(id, validityOf(body, Date.now())))
    },
  )

  app.post(
    '/ca/local-cas/:id/install',
    {
      schema: {
        tags,
        operationId: 'ciphertrustInstall',
        summary: 'Make a pending authority active with the certificate that another one has signed',
        params,
        body: exactly({
          cert: Type.String({ description: 'PEM' }),
          parentId: text('Id, name or URI of the local or external authority that has signed it'),
          parent_id: text('The same'),
        }),
        response: { 200: localAuthority },
      },
    },
    async ({ session, params, body }) => {
      const parent = body.parentId ?? body.parent_id
      if (parent === undefined) throw new MortiseError('MORTISE_INPUT_INVALID', 'parentId is missing')
      const { id } = await localOf(session, params.id)
      const called = calledBy('external_ca', calledBy('localca', parent))
      return shownLocal(
        await session.installCertificate(id, { certificate: withLines(body.cert), parent: called }),
      )
    },
  )

  app.get(
    '/ca/local-cas/:id/crl',
    {
      schema: {
        tags,
        operationId: 'ciphertrustGetCrl',
        summary: 'Its newest list of what is revoked (RFC 5280), in DER',
        params,
        response: { 200: Type.Unsafe<Buffer>({ type: 'string', description: 'application/pkix-crl' }) },
      },
    },
    async ({ session, params }, reply) => {
      const { der } = await session.crl((await localOf(session, params.id)).id)
      return reply.type('application/pkix-crl').send(der)
    },
  )
}

/** @throws MORTISE_CA_NOT_FOUND for one whose key is elsewhere as well */
export async function localOf(session: Session, text: string): Promise<AuthorityInfo> {
  const info = await session.getAuthority(calledBy('localca', text))
  if (info.kind === 'local') return info
  throw new MortiseError('MORTISE_CA_NOT_FOUND', 'there is no such local authority')
}

/** The kind of key that an authority has. */
function sameKind({ algorithm, length, curve }: AuthorityKey) {
  return { algorithm, ...(algorithm === 'RSA' && { length }), ...(curve && { curve }) }
}

export function filterOf(query: {
  readonly subject?: string
  readonly issuer?: string
  readonly cert?: string
}) {
  const { subject, issuer, cert } = query
  return {
    ...(subject !== undefined && { subject: nameOfFilter(subject) }),
    ...(issuer !== undefined && { issuer: nameOfFilter(issuer) }),
    ...(cert !== undefined && { fingerprint: fingerprintOf(cert) }),
  }
}

export function trustOf(given: {
  readonly allow_client_authentication?: boolean
  readonly allow_user_authentication?: boolean
}) {
  const { allow_client_authentication: clients, allow_user_authentication: users } = given
  return { ...(clients !== undefined && { clients }), ...(users !== undefined && { users }) }
}
