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
