import { interval } from '../fields.js'
import { Tag } from '../tables/index.js'
import { readPair } from './create_key_pair.js'
import { type KmipOperation, objectOf } from './operation.js'
import { nameAlso, rekeyInput } from './rekey.js'

/** KMIP 2.1 section 6.1.47. */
export const rekeyKeyPair: KmipOperation = {
  name: 'ReKeyKeyPair',
  effect: 'final',
  async run(request) {
    const { payload, session } = request
    const object = objectOf(request, Tag.PrivateKeyUniqueIdentifier)
    const said = await readPair(request)
    const { replacement } = await session.rekey(
      object,
      rekeyInput([...said.common, ...said.private], payload.optional(Tag.Offset, interval)),
    )
    const privateId = replacement.id
    const publicId = String(replacement.links.publicKey)
    await nameAlso(session, privateId, said.private)
    await nameAlso(session, publicId, said.public)
    return {
      object: privateId,
      made: {
        ReKeyKeyPair: privateId,
        ReKeyKeyPairPrivateKey: privateId,
        ReKeyKeyPairPublicKey: publicId,
      },
      write(writer) {
        writer.text(Tag.PrivateKeyUniqueIdentifier, privateId)
        writer.text(Tag.PublicKeyUniqueIdentifier, publicId)
      },
    }
  },
}
