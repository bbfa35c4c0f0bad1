import { integer, structure } from '../fields.js'
import { Tag } from '../tables/index.js'
import { versions } from '../tables/rows.js'
import { partsOf, versionOf } from '../version.js'
import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.16: those that both sides speak, the newest first. */
export const discoverVersions: KmipOperation = {
  name: 'DiscoverVersions',
  effect: 'read',
  async run({ payload }) {
    const asked = payload
      .all(Tag.ProtocolVersion, structure)
      .map((one) =>
        versionOf(
          one.required(Tag.ProtocolVersionMajor, integer),
          one.required(Tag.ProtocolVersionMinor, integer),
        ),
      )
    const spoken = versions.filter((version) => asked.length === 0 || asked.includes(version)).reverse()
    return {
      write(writer) {
        for (const version of spoken) {
          const [major, minor] = partsOf(version)
          writer.begin(Tag.ProtocolVersion)
          writer.integer(Tag.ProtocolVersionMajor, major)
          writer.integer(Tag.ProtocolVersionMinor, minor)
          writer.end()
        }
      },
    }
  },
}
