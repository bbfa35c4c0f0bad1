import { MortiseError } from '../errors/index.js'
import { refused } from './names.js'

const day = 86_400_000
/** Clocks of those who check may be behind by so much. */
const backdated = 300_000

/** When a certificate is to be valid. */
export interface ValidityInput {
  /** From the beginning on. Default: as the profile says. */
  readonly days?: number
  /** Milliseconds since 1970. Default: five minutes ago. */
  readonly notBefore?: number
  /** Goes before `days`. */
  readonly notAfter?: number
}

export interface Validity {
  readonly notBefore: Date
  /** Inclusive. */
  readonly notAfter: Date
}

/**
 * In whole seconds, within what bounds it: the validity of an issuer, so that no certificate outlives it.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_CERTIFICATE_REFUSED where nothing is left of it
 */
export function validityOf(
  input: ValidityInput,
  { usual, most }: { readonly usual: number; readonly most: number },
  now: number,
  bounds?: Validity,
): Validity {
  const { days = usual, notBefore = now - backdated } = input
  if (!Number.isFinite(days) || days <= 0 || !Number.isFinite(notBefore)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'a certificate is valid for some days from a date on')
  }
  const asked = input.notAfter ?? Math.max(notBefore, now) + days * day
  if (!Number.isFinite(asked) || asked - Math.max(notBefore, now - backdated) > most * day + backdated) {
    throw refused(`such a certificate is valid for at most ${most} days`)
  }
  const from = whole(Math.max(notBefore, bounds?.notBefore.getTime() ?? notBefore))
  const to = whole(Math.min(asked, bounds?.notAfter.getTime() ?? asked))
  if (to <= from || to <= now) throw refused('nothing is left of its validity')
  return { notBefore: new Date(from), notAfter: new Date(to) }
}

function whole(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000
}
