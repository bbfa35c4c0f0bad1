import type { SplitKeyFacts } from '../../../core/index.js'
import { refuse } from '../engine/refusal.js'
import { bigInteger, enumerated, type Fields } from '../fields.js'
import { enumerationNames, Tag } from '../tables/index.js'
import { isTwo, type Version } from '../version.js'

export const splitMethods = enumerationNames('SplitKeyMethod')

type Sharing = Pick<SplitKeyFacts, 'method' | 'polynomial' | 'prime'>

/**
 * How a key is split, of a payload or a Split Key. No version but 3.0 names the polynomial: that of GF(2^8) is 285 in the test cases of
 * all, and that below GF(2^16) is the one of FIPS 197, 283, in the text of 1.x and 285 in that of 2.x.
 *
 * @throws MORTISE_KMIP_MALFORMED, InvalidField
 */
export function sharingIn(fields: Fields, version: Version): Sharing {
  const method = splitMethods.name(fields.required(Tag.SplitKeyMethod, enumerated))
  const prime = fields.optional(Tag.PrimeFieldSize, bigInteger)
  switch (method) {
    case 'XOR':
      return { method }
    case 'PolynomialSharingGF2_8':
      return { method, polynomial: 285 }
    case 'PolynomialSharingGF2_16':
      return { method, polynomial: isTwo(version) ? 285 : 283 }
    case 'PolynomialSharingPrimeField':
      return { method, ...(prime !== undefined && { prime: hexadecimal(prime) }) }
    default:
      throw refuse('InvalidField', 'nobody knows the Split Key Method')
  }
}

function hexadecimal(number: bigint): string {
  const digits = number.toString(16)
  return digits.padStart(digits.length + (digits.length % 2), '0')
}
