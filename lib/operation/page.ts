import { MortiseError } from '../errors/index.js'

/** The largest page of a list. */
export const longestPage = 1000

/**
 * How many entries a page of a list is to have.
 *
 * @param limit 1 to 1000
 * @throws MORTISE_INPUT_INVALID
 */
export function pageLimit({ limit = 100 }: { readonly limit?: number }): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= longestPage) return limit
  throw new MortiseError('MORTISE_INPUT_INVALID', `limit must be a whole number from 1 to ${longestPage}`)
}
