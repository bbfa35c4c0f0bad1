import { type ErrorCode, MortiseError } from '../../errors/index.js'

/** By the numbers of native/ttlv/tape.h, from 2 on: 0 is none, 1 is not whole. */
const faults: readonly (readonly [ErrorCode, string])[] = [
  ['MORTISE_KMIP_MALFORMED', 'it does not begin with a structure of KMIP'],
  ['MORTISE_INPUT_TOO_LARGE', 'it is larger than the limit allows'],
  ['MORTISE_INPUT_TOO_LARGE', 'structures are nested deeper than 32 levels'],
  ['MORTISE_INPUT_TOO_LARGE', 'it has more than 131,072 items'],
  ['MORTISE_INPUT_TOO_LARGE', 'it has more than 1,000 batch items'],
  ['MORTISE_KMIP_MALFORMED', 'the tag is neither one of KMIP (42....) nor an extension (54....)'],
  ['MORTISE_KMIP_MALFORMED', 'there is no such item type'],
  ['MORTISE_KMIP_MALFORMED', 'the length is none that the item type may have'],
  ['MORTISE_KMIP_MALFORMED', 'the item reaches out of what contains it'],
  ['MORTISE_KMIP_MALFORMED', 'the Boolean is neither 0 nor 1'],
  ['MORTISE_KMIP_MALFORMED', 'the text is not UTF-8'],
  ['MORTISE_KMIP_MALFORMED', 'the padding is not zero'],
]

export const incomplete = 1
export const tooManyItems = 5

/** @param offset of the item, in bytes from the beginning of the message */
export function faultError(fault: number, offset: number): MortiseError {
  const [code, what] = faults[fault - 2] ?? ['MORTISE_INTERNAL' as const, 'it cannot be decoded']
  return new MortiseError(code, `the KMIP message is refused at byte ${offset}: ${what}`, {
    details: { offset },
  })
}

export function malformed(what: string): MortiseError {
  return new MortiseError('MORTISE_KMIP_MALFORMED', `the KMIP message is refused: ${what}`)
}
