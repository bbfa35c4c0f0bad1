import { native, TtlvDecoder } from '../../../native/index.js'
import { constraintsSetting } from '../objects/rules.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

const decoder = new TtlvDecoder(native)

/** KMIP 2.1 section 6.1.22. */
export const getConstraints: KmipOperation = {
  name: 'GetConstraints',
  effect: 'read',
  async run({ session }) {
    const kept = await session.faceSetting(constraintsSetting)
    const constraints = kept.length === 0 ? undefined : decoder.decode(kept)
    return {
      write(writer) {
        if (constraints) return writer.copy(constraints, constraints.root)
        writer.begin(Tag.Constraints)
        writer.end()
      },
    }
  },
}
