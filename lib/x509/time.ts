import type { DerReader } from './der/reader.js'
import { tags } from './der/tags.js'
import { text } from './der/writer.js'
import { malformed } from './malformed.js'

const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/** RFC 5280 section 4.1.2.5: in GMT, with seconds and without fractions; UTCTime means the years 1950 to 2049. */
export function readTime(reader: DerReader): Date {
  const { tag } = reader.peek()
  if (tag === tags.generalizedTime) return readGeneralizedTime(reader)
  if (tag !== tags.utcTime) throw malformed('a time is neither UTCTime nor GeneralizedTime')
  return time(utcTime.exec(latin1(reader.content(tags.utcTime))), (year) => year + (year < 50 ? 2000 : 1900))
}

export function readGeneralizedTime(reader: DerReader): Date {
  return time(generalizedTime.exec(latin1(reader.content(tags.generalizedTime))), (year) => year)
}

/** In whole seconds, those that have begun: UTCTime through 2049, GeneralizedTime from then on (and before 1950). */
export function writeTime(date: Date): Buffer {
  const digits = digitsOf(date)
  const year = date.getUTCFullYear()
  return year >= 1950 && year < 2050
    ? text(tags.utcTime, digits.slice(2))
    : text(tags.generalizedTime, digits)
}

export function writeGeneralizedTime(date: Date): Buffer {
  return text(tags.generalizedTime, digitsOf(date))
}

function digitsOf(date: Date): string {
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw malformed('a time is none, or not of the years 0 to 9999')
  const text = date.toISOString()
  return `${[0, 2, 5, 8, 11, 14, 17].map((at) => text.slice(at, at + 2)).join('')}Z`
}

function latin1(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1')
}

function time(match: RegExpExecArray | null, full: (year: number) => number): Date {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match?.slice(1).map(Number) ?? []
  const date = new Date(0)
  date.setUTCFullYear(full(year), month - 1, day)
  date.setUTCHours(hour, minute, second)
  // What is out of range was carried into the next larger unit.
  const sound =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  if (!match || !sound) throw malformed('a time is not as RFC 5280 section 4.1.2.5 has it')
  return date
}
