import Type, { type TSchema } from 'typebox'
import { type ErrorCode, isMortiseError } from '../../errors/index.js'

/** What CipherTrust itself answers when nobody says how many. */
const usualPage = 10

/** Which part of a list is asked for. */
export const pageFields = {
  skip: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'How many to pass over' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 2000, default: usualPage })),
}
export const pageIntegers = ['skip', 'limit']

/** The part, and how many there are on whatever page. */
export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    skip: Type.Integer(),
    limit: Type.Integer(),
    total: Type.Integer(),
    resources: Type.Array(item),
  })
}

/** With the page that is asked for where nothing is said. */
export function asked({ skip = 0, limit = usualPage }: { readonly skip?: number; readonly limit?: number }) {
  return { skip, limit }
}

/**
 * A page, or an empty one: nothing fits a filter that names somebody who is not there.
 *
 * @param strangers the errors that say so
 */
export async function orNothing<Item>(
  page: { readonly skip: number; readonly limit: number },
  strangers: readonly ErrorCode[],
  find: () => Promise<{ readonly total: number; readonly resources: Item[] }>,
) {
  try {
    return { ...page, ...(await find()) }
  } catch (error) {
    if (isMortiseError(error) && strangers.includes(error.code)) return { ...page, total: 0, resources: [] }
    throw error
  }
}
