import {
  AndFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  FilterParser,
  NotFilter,
  OrFilter,
} from 'ldapts'
import { MortiseError } from '../../errors/index.js'

const place = /\{(\w+)\}/g

/**
 * A filter (RFC 4515) in which `{name}` stands for a value. The filter is read first and the values are put where they belong
 * in what was read, so that no value is ever read as a part of a filter.
 */
export function filledFilter(template: string, values: Readonly<Record<string, string>>): Filter {
  const filter = FilterParser.parseString(template)
  fill(filter, (text) => text.replace(place, (whole, name: string) => values[name] ?? whole))
  return filter
}

/**
 * @param places of which a filter must have one, compared as a whole: not as a part of a pattern
 * @throws MORTISE_INPUT_INVALID
 */
export function requireFilter(setting: string, template: string, places: readonly string[]): void {
  const wanted = template.match(place) ?? []
  const found: string[] = []
  try {
    fill(FilterParser.parseString(template), (text) => {
      found.push(...(text.match(place) ?? []))
      return text
    })
  } catch (cause) {
    throw invalid(`${setting} is not a filter (RFC 4515): ${(cause as Error).message}`, cause)
  }
  const names = places.map((name) => `{${name}}`)
  if (found.length === 0 || found.length < wanted.length || found.some((one) => !names.includes(one))) {
    throw invalid(`${setting} must compare something with ${names.join(' or ')}, and with all of it`)
  }
}

function fill(filter: Filter, filled: (text: string) => string): void {
  if (filter instanceof AndFilter || filter instanceof OrFilter) {
    for (const part of filter.filters) fill(part, filled)
  } else if (filter instanceof NotFilter) fill(filter.filter, filled)
  else if (filter instanceof EqualityFilter || filter instanceof ExtensibleFilter) {
    if (typeof filter.value === 'string') filter.value = filled(filter.value)
  }
}

function invalid(message: string, cause?: unknown): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, { cause })
}
