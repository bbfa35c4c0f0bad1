import { MortiseError } from '../errors/index.js'
import { longestPage } from '../operation/index.js'

const longest = 2 * longestPage

/** Which part of a list is asked for by numbers. */
export interface Part {
  /** How many to pass over. Default 0. */
  readonly skip?: number
  /** 1 to 2000. Default 100. */
  readonly limit?: number
}

/** @throws MORTISE_INPUT_INVALID */
export function requirePart({ skip = 0, limit = 100 }: Part): Required<Part> {
  const isPart = Number.isSafeInteger(skip) && skip >= 0 && Number.isInteger(limit) && limit >= 1 && limit <= longest
  if (isPart) return { skip, limit }
  throw new MortiseError('MORTISE_INPUT_INVALID', `skip must be a whole number, and limit one from 1 to ${longest}`)
}
