import type { DerReader } from '../der/reader.js'
import { constructed } from '../der/tags.js'
import { nothing, sequence, value } from '../der/writer.js'
import { malformed } from '../malformed.js'
import { type GeneralName, readConstraintBase, writeGeneralName } from '../name/general_name.js'

/** RFC 5280 section 4.2.1.10: the bases of the subtrees. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[]
  readonly excluded: readonly GeneralName[]
}

export function readNameConstraints(reader: DerReader): NameConstraints {
  const fields = reader.sequence()
  if (fields.done) throw malformed('name constraints constrain nothing')
  const subtrees = (tag: number) => (fields.next(tag) ? fields.constructed(tag).every(readSubtree) : [])
  const constraints = { permitted: subtrees(constructed(0)), excluded: subtrees(constructed(1)) }
  fields.end()
  return constraints
}

/** The minimum is 0, which DER leaves out, and there is no maximum. */
function readSubtree(reader: DerReader): GeneralName {
  const subtree = reader.sequence()
  const base = readConstraintBase(subtree)
  subtree.end()
  return base
}

export function writeNameConstraints({ permitted, excluded }: NameConstraints): Buffer {
  const subtrees = (tag: number, bases: readonly GeneralName[]) =>
    bases.length === 0 ? nothing : value(tag, ...bases.map((base) => sequence(writeGeneralName(base))))
  return sequence(subtrees(constructed(0), permitted), subtrees(constructed(1), excluded))
}
