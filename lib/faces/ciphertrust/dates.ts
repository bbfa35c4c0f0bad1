import { MortiseError } from '../../errors/index.js'

const form = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i
const ago = /^(\d{1,9}) (second|minute|hour|day|week)s? ago$/i
const milliseconds = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 }

/** How it is said that there is no date, where one must stand. */
export const noDate = '0001-01-01T00:00:00Z'

/** With milliseconds and `Z`, the one form that every client parses; null for never. */
export function dateText(date: number | null): string | null {
  return date === null ? null : new Date(date).toISOString()
}

/** A date of RFC 3339. What is finer than a millisecond is cut off. @throws MORTISE_INPUT_INVALID */
export function dateOf(field: string, text: string): number {
  const [, day, zone] = form.exec(text) ?? []
  const date = day === undefined ? Number.NaN : Date.parse(text)
  // Date.parse takes the 30th of February for the 2nd of March.
  const exists = zone?.toUpperCase() !== 'Z' || (date && new Date(date).toISOString().startsWith(day ?? ''))
  if (Number.isFinite(date) && exists) return date
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `${field} must be a date of RFC 3339, such as 2030-01-31T12:00:00Z`,
  )
}

/** The same, or `3 hours ago`. @throws MORTISE_INPUT_INVALID */
export function timeOf(field: string, text: string): number {
  const [, count, unit] = ago.exec(text) ?? []
  if (count === undefined) return dateOf(field, text)
  return Date.now() - Number(count) * milliseconds[unit?.toLowerCase() as keyof typeof milliseconds]
}
