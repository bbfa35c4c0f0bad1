import Type from 'typebox'
import type { AuthorityInfo, Session } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, exactly } from '../http/index.js'
import { calledBy } from './ca_ids.js'
import { externalAuthority, shownExternal, withLines } from './ca_shape.js'
import { filterOf, trustFields, trustOf } from './local_cas.js'
import { asked, pageFields, pageIntegers, pageOf } from './page.js'
import { readBody, readQuery } from './reading.js'

const tags = ['ciphertrust authorities']
const text = (description: string) => Type.Optional(Type.String({ description }))
const params = Type.Object({ id: Type.String({ minLength: 1, description: 'Id, name or URI' }) })
const flags = Object.keys(trustFields)

export function externalAuthorityRoutes(app: App): void {
  app.post(
    '/ca/external-cas',
    {
      schema: {
        tags,
        operationId: 'ciphertrustUploadExternalCa',
        summary: 'Take in the certificate of an authority whose key is elsewhere',
        body: exactly({
          cert: Type.String({ description: 'PEM' }),
          name: text('Default externalca- and its id'),
          parent: text('URI, id or name of the external authority that has signed it'),
        }),
        response: { 201: externalAuthority },
      },
    },
    async ({ session, body: { cert, name, parent } }, reply) => {
      const info = await session.registerAuthority({
        certificate: withLines(cert),
        ...(name !== undefined && { name }),
        ...(parent !== undefined && { parent: calledBy('external_ca', parent) }),
      })
      return reply.code(201).send(shownExternal(info))
    },
  )

  app.get(
    '/ca/external-cas',
    {
      preValidation: readQuery({ integers: pageIntegers }),
      schema: {
        tags,
        operationId: 'ciphertrustListExternalCas',
        summary: 'Authorities whose keys are elsewhere',
        querystring: exactly({
          ...pageFields,
          subject: text('/C=.../CN=..., or RFC 4514'),
          issuer: text('The same'),
          serialNumber: text('Decimal'),
          cert: text('PEM'),
        }),
        response: { 200: pageOf(externalAuthority) },
      },
    },
    async ({ session, query }) => {
      const { serialNumber, ...filter } = query
      const { authorities, total } = await session.authorities({
        ...asked(query),
        ...filterOf(filter),
        kind: 'external',
        ...(serialNumber !== undefined && { serial: hexadecimal(serialNumber) }),
      })
      return { ...asked(query), total, resources: authorities.map(shownExternal) }
    },
  )

  app.get(
    '/ca/external-cas/:id',
    {
      schema: {
        tags,
        operationId: 'ciphertrustGetExternalCa',
        summary: 'One of them',
        params,
        response: { 200: externalAuthority },
      },
    },
    async ({ session, params }) => shownExternal(await externalOf(session, params.id)),
  )

  app.patch(
    '/ca/external-cas/:id',
    {
      preValidation: readBody({ flags }),
      schema: {
        tags,
        operationId: 'ciphertrustSetExternalCa',
        summary: 'Say whom certificates below it let in',
        params,
        body: exactly(trustFields),
        response: { 200: externalAuthority },
      },
    },
    async ({ session, params, body }) => {
      const { id } = await externalOf(session, params.id)
      return shownExternal(await session.setAuthority(id, { trust: trustOf(body) }))
    },
  )

  app.delete(
    '/ca/external-cas/:id',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustDeleteExternalCa',
        summary: 'Forget an authority; those below it stay',
        params,
        response: { 204: Type.Null({ description: 'Nothing' }) },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteAuthority((await externalOf(session, params.id)).id)
      return reply.code(204).send(null)
    },
  )
}

async function externalOf(session: Session, text: string): Promise<AuthorityInfo> {
  const info = await session.getAuthority(calledBy('external_ca', text))
  if (info.kind === 'external') return info
  throw new MortiseError('MORTISE_CA_NOT_FOUND', 'there is no such external authority')
}

function hexadecimal(decimal: string): string {
  if (/^\d{1,50}$/.test(decimal)) return BigInt(decimal).toString(16)
  throw new MortiseError('MORTISE_INPUT_INVALID', 'serialNumber must be a decimal number')
}
