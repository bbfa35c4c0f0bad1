import { MortiseError } from '../../errors/index.js'

/** How a list is read in pages. */
export interface PageInput {
  /** The largest number to return: 1 to 1000. Default 100. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly after?: string
}

/** @throws MORTISE_INPUT_INVALID */
export function pageLimit({ limit = 100 }: PageInput): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'limit must be a whole number from 1 to 1000')
  }
  return limit
}

/** The id that the next page begins after; null for the last page. */
export function nextPage(page: readonly { readonly id: string }[], limit: number): string | null {
  return page.length < limit ? null : (page.at(-1)?.id ?? null)
}
