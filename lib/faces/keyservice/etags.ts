import type { FastifyRequest } from 'fastify'
import type { PutConditions } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'

/** RFC 9110 section 8.8.3. A weak one matches nothing (section 13.1.1). */
const entityTag = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/

/** What a request asks to be there, or not. @throws MORTISE_INPUT_INVALID */
export function conditionsOf({ headers }: FastifyRequest): PutConditions {
  const { 'if-match': match, 'if-none-match': none } = headers
  if (none !== undefined && none !== '*')
    throw new MortiseError('MORTISE_INPUT_INVALID', 'If-None-Match is * or not there.')
  return {
    ...(match !== undefined && { ifMatch: match.trim() === '*' ? '*' : listed(match) }),
    ...(none !== undefined && { ifNone: true }),
  }
}

function listed(text: string): readonly string[] {
  const tags = text.split(',').map((tag) => tag.trim())
  if (tags.every((tag) => entityTag.test(tag))) return tags
  throw new MortiseError('MORTISE_INPUT_INVALID', 'If-Match is * or a list of entity tags.')
}
