import Type, { type Static } from 'typebox'
import type { AuditEntry } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, enumOf, exactly } from '../http/index.js'
import { account } from './ca_ids.js'
import { timeOf } from './dates.js'
import { asked, pageFields, pageIntegers, pageOf } from './page.js'
import { readQuery } from './reading.js'
import { serverName } from './system.js'
import { localUserId } from './user_ids.js'

const tags = ['ciphertrust audit']
const text = (description: string) => Type.Optional(Type.String({ description }))

/** How bad the end of an operation is. */
const severities = { success: 'info', denied: 'warning', failed: 'error' } as const
const outcomes = { info: 'success', warning: 'denied', error: 'failed' } as const
type Severity = keyof typeof outcomes

const recordSchema = Type.Object({
  id: Type.String({ description: 'chain:sequence' }),
  account: Type.String(),
  createdAt: Type.String(),
  service: Type.String({ description: 'The door: admin, ciphertrust, process, system, ...' }),
  message: Type.String({ description: 'Name of the operation' }),
  severity: Type.String({ description: 'info, warning for a refusal, error for a failure' }),
  success: Type.Boolean(),
  source: Type.String(),
  clientIP: Type.Optional(Type.String()),
  username: Type.Optional(Type.String()),
  principal: Type.Optional(Type.Object({ sub: Type.String({ description: 'local|UUID' }) })),
  details: Type.Record(Type.String(), Type.Unknown()),
})

const partial = Type.Optional(
  Type.Boolean({
    description: 'Whether there are older ones that were not looked at: ask for them by createdBefore',
  }),
)

export function auditRoutes(app: App): void {
  app.get(
    '/audit/records',
    {
      preValidation: readQuery({ integers: pageIntegers, flags: ['success'] }),
      schema: {
        tags,
        operationId: 'ciphertrustListAudit',
        summary: 'Records of the audit trail, newest first',
        querystring: exactly({
          ...pageFields,
          success: Type.Optional(Type.Boolean()),
          severity: Type.Optional(enumOf(Object.keys(outcomes) as Severity[])),
          service: text('The door'),
          source: text('mortise'),
          message: text('Name of the operation'),
          clientIP: text('IP address of the client'),
          createdAfter: text('A date of RFC 3339, or 1 hour ago'),
          createdBefore: text('The same'),
        }),
        response: { 200: Type.Object({ ...pageOf(recordSchema).properties, partial }) },
      },
    },
    async ({ session, query }) => {
      const { severity, service, source, message, clientIP, createdAfter, createdBefore } = query
      const page = asked(query)
      if (source !== undefined && source !== serverName) return { ...page, total: 0, resources: [] }
      const found = await session.findAudit({
        ...page,
        ...(query.success !== undefined && { success: query.success }),
        ...(severity && { outcome: outcomes[severity] }),
        ...(service !== undefined && { face: service }),
        ...(message !== undefined && { operation: message }),
        ...(clientIP !== undefined && { address: clientIP }),
        ...(createdAfter !== undefined && { since: timeOf('createdAfter', createdAfter) }),
        ...(createdBefore !== undefined && { until: timeOf('createdBefore', createdBefore) }),
      })
      const { records, total } = found
      const resources = records.map(recordOf)
      return { ...page, total, resources, ...(found.partial && { partial: true }) }
    },
  )

  app.get(
    '/audit/records/:id',
    {
      schema: {
        tags,
        operationId: 'ciphertrustGetAudit',
        summary: 'One record of the audit trail',
        params: Type.Object({ id: Type.String({ minLength: 1, description: 'chain:sequence' }) }),
        response: { 200: recordSchema },
      },
    },
    async ({ session, params }) => {
      const [, chain, sequence] = /^(.+):(\d{1,15})$/.exec(params.id) ?? []
      if (chain === undefined) throw new MortiseError('MORTISE_AUDIT_NOT_FOUND')
      return recordOf(await session.auditRecord({ chain, sequence: Number(sequence) }))
    },
  )
}

function recordOf(entry: AuditEntry): Static<typeof recordSchema> {
  const { principal, principalName, object, request, address, code, detail } = entry
  return {
    id: `${entry.chain}:${entry.sequence}`,
    account,
    createdAt: new Date(entry.time).toISOString(),
    service: entry.face,
    message: entry.operation,
    severity: severities[entry.outcome],
    success: entry.outcome === 'success',
    source: serverName,
    ...(address !== undefined && { clientIP: address }),
    ...(principalName !== null && { username: principalName }),
    ...(principal !== null && { principal: { sub: localUserId(principal) } }),
    details: {
      ...detail,
      ...(object !== null && { object }),
      ...(request !== null && { request }),
      ...(code !== null && { code }),
    },
  }
}
