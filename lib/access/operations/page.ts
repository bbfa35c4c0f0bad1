import { MortiseError } from '../../errors/index.js'
import { longestPage } from '../../operation/index.js'

/** How a list is read in pages. */
export interface PageInput {
  /** The largest number to return: 1 to 1000. Default 100. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly after?: string
}

/** The id that the next page begins after; null for the last page. */
export function nextPage(page: readonly { readonly id: string }[], limit: number): string | null {
  return page.length < limit ? null : (page.at(-1)?.id ?? null)
}

/** How a list is read that has pages by number. */
export interface SkipInput {
  /** How many to pass over. Default 0. */
  readonly skip?: number
  /** 1 to 2000. Default 100. */
  readonly limit?: number
}

const longestSkippedPage = 2 * longestPage

/** @throws MORTISE_INPUT_INVALID */
export function checkedSkip({ skip = 0, limit = 100 }: SkipInput): Required<SkipInput> {
  const isCount = Number.isSafeInteger(skip) && skip >= 0
  if (isCount && Number.isInteger(limit) && limit >= 1 && limit <= longestSkippedPage) return { skip, limit }
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `skip must be a whole number, and limit one from 1 to ${longestSkippedPage}`,
  )
}
