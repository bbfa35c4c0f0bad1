import { text } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.29. */
export const log: KmipOperation = {
  name: 'Log',
  effect: 'read',
  async run({ payload, session }) {
    await session.log(payload.required(Tag.LogMessage, text))
    return {}
  },
}
