import { MortiseError } from '../errors/index.js'

const second = 1000
const units = {
  W: 604_800 * second,
  D: 86_400 * second,
  H: 3600 * second,
  M: 60 * second,
  S: second,
} as const

const iso =
  /^P(?:(\d{1,6})W|(?=\d|T\d)(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,10})S)?)?)$/
const short = /^(\d{1,10})([wdhms])$/

/**
 * Milliseconds of a duration: ISO 8601 in weeks, or in days, hours, minutes and seconds (`P90D`, `PT12H`, `P1DT12H`), or a number and
 * its unit (`90d`, `12h`). Years and months are refused: they have no fixed length.
 *
 * @throws MORTISE_INPUT_INVALID
 */
export function parseDuration(text: string): number {
  const [, number, unit] = short.exec(text) ?? []
  if (number && unit) return Number(number) * units[unit.toUpperCase() as keyof typeof units]
  const parts = iso.exec(text)?.slice(1)
  if (!parts) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `${JSON.stringify(text)} is not a duration: give days, hours, minutes and seconds, for instance P90D, PT12H or 90d`,
    )
  }
  return Object.values(units).reduce((sum, unit, i) => sum + Number(parts[i] ?? 0) * unit, 0)
}

/** The same in ISO 8601: `P90D`, `PT12H30M`; `PT0S` for none. */
export function formatDuration(milliseconds: number): string {
  let left = milliseconds
  const take = (unit: 'D' | 'H' | 'M' | 'S') => {
    const number = Math.floor(left / units[unit])
    left %= units[unit]
    return number === 0 ? '' : `${number}${unit}`
  }
  const days = take('D')
  const time = `${take('H')}${take('M')}${take('S')}`
  return days === '' && time === '' ? 'PT0S' : `P${days}${time === '' ? '' : `T${time}`}`
}
