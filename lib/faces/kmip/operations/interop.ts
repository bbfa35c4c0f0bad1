import { enumerated, text } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.26: marks where a test begins and ends. Nothing depends on it. */
export const interop: KmipOperation = {
  name: 'Interop',
  effect: 'read',
  async run({ payload }) {
    payload.required(Tag.InteropFunction, enumerated)
    payload.required(Tag.InteropIdentifier, text)
    return {}
  },
}
