import type { FastifyRequest } from 'fastify'
import { bearer } from '../http/index.js'

/** As MOSIP takes it: the value of the last cookie whose name has Authorization in it; without one a bearer token. */
export function tokenOf(request: FastifyRequest): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(';').map((one) => one.trim())
  const found = cookies.findLast((one) => one.slice(0, one.indexOf('=')).includes('Authorization'))
  const token = found?.slice(found.indexOf('=') + 1).replace(/^"(.*)"$/, '$1')
  return token || bearer(request)
}
