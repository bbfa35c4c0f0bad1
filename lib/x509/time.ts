import type { DerReader } from './der/reader.js'
import { tags } from './der/tags.js'
import { malformed } from './malformed.js'

const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/** RFC 5280 section 4.1.2.5: in GMT, with seconds and without fractions; UTCTime means the years 1950 to 2049. */
export function readTime(reader: DerReader): Date {
  const { tag, content } = reader.element()
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1')
  if (tag === tags.utcTime) return time(utcTime.exec(text), (year) => year + (year < 50 ? 2000 : 1900))
  if (tag === tags.generalizedTime) return time(generalizedTime.exec(text), (year) => year)
  throw malformed('a time is neither UTCTime nor GeneralizedTime')
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
