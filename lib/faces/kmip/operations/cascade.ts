import type { AttributeValue } from '../../../core/index.js'
import { boolean } from '../fields.js'
import type { Request } from './operation.js'

/** Cosmian's field of Revoke and Destroy, which KMIP has no tag for: whether the other key of a pair goes along. */
export const cascadeTag = 0x54c001

/** The other keys of the pair of an object, where they go along. */
export async function alongWith({ payload, session }: Request, object: string): Promise<string[]> {
  if (!payload.optional(cascadeTag, boolean)) return []
  const { Link: links = [] } = await session.attributes(object, ['Link'])
  return (links as readonly AttributeValue[])
    .map((link) => link as { type: string; object: string })
    .filter(({ type }) => type === 'publicKey' || type === 'privateKey')
    .map((link) => link.object)
}
