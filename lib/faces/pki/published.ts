import { hash } from 'node:crypto'
import Type from 'typebox'
import type { Publisher } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { App } from '../http/index.js'
import { ofAuthority } from './authority.js'
import { sendCached } from './cached.js'

/** Seconds. Another CRL is made half a minute after a revocation. */
const crlAge = 300
/** Seconds. The certificate of an authority changes when it is renewed, which is said long before. */
const certificateAge = 3600

const binary = Type.String({ format: 'binary' })
const open = { tags: ['pki'], security: [] }
/** The authority, the partition of what it has issued, and whether what has changed is enough. */
const list = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-([1-9]\d{0,2}))?(-delta)?$/

/** RFC 5280 sections 4.2.1.13 and 4.2.2.1; the types are those of RFC 2585. */
export function publishedRoutes(app: App, publisher: Publisher): void {
  app.get(
    '/crl/:list.crl',
    {
      schema: {
        ...open,
        params: Type.Object({ list: Type.String({ pattern: list.source }) }),
        operationId: 'getPublishedCrl',
        summary: 'The newest CRL of an authority, of a partition, or what has changed since, DER',
        response: { 200: { content: { 'application/pkix-crl': { schema: binary } } } },
      },
    },
    async (request, reply) => {
      const [, authority = '', partition, delta] = list.exec(request.params.list) ?? []
      const crl = await publisher.crl(authority, {
        ...(partition !== undefined && { partition: Number(partition) }),
        delta: delta !== undefined,
      })
      if (!crl) throw new MortiseError('MORTISE_CA_NOT_FOUND', 'there is no CRL here')
      return sendCached(request, reply, {
        type: 'application/pkix-crl',
        body: crl.der,
        tag: `${request.params.list}.${crl.number}`,
        modified: Date.parse(crl.thisUpdate),
        expires: Date.parse(crl.nextUpdate),
        age: crlAge,
      })
    },
  )

  app.get(
    '/ca/:authority.cer',
    {
      schema: {
        ...open,
        params: ofAuthority,
        operationId: 'getPublishedCertificate',
        summary: 'The certificate of an authority, DER',
        response: { 200: { content: { 'application/pkix-cert': { schema: binary } } } },
      },
    },
    async (request, reply) => {
      const certificate = await publisher.certificate(request.params.authority)
      if (!certificate) throw new MortiseError('MORTISE_CA_NOT_FOUND', 'there is no certificate here')
      return sendCached(request, reply, {
        type: 'application/pkix-cert',
        body: certificate.der,
        tag: hash('sha256', certificate.der),
        modified: certificate.notBefore.getTime(),
        expires: certificate.notAfter.getTime(),
        age: certificateAge,
      })
    },
  )
}
