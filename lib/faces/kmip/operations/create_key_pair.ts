import type { CreateKeyPairInput } from '../../../core/index.js'
import type { GivenAttribute } from '../attributes/read.js'
import { keyAttributes, type NewObject, newObject, requireAlgorithm } from '../objects/new_object.js'
import { ruled } from '../objects/rules.js'
import { saidIn } from '../objects/template.js'
import { Tag } from '../tables/index.js'
import { fresh } from './create.js'
import type { KmipOperation, Request } from './operation.js'

/** KMIP 2.1 section 6.1.9. */
export const createKeyPair: KmipOperation = {
  name: 'CreateKeyPair',
  effect: 'undo',
  async run(request) {
    const { session } = request
    const given = await readPair(request)
    const privateKey = newObject(await ruled(request, 'PrivateKey', [...given.common, ...given.private]))
    const publicKey = newObject(await ruled(request, 'PublicKey', [...given.common, ...given.public]))
    const algorithm = requireAlgorithm(privateKey.algorithm ?? publicKey.algorithm)
    const length = privateKey.length ?? publicKey.length
    const curve = privateKey.curve ?? publicKey.curve
    const pair = await session.createKeyPair({
      algorithm,
      ...(curve === undefined && length !== undefined && { length }),
      ...(curve !== undefined && { curve }),
      ...halves(algorithm, privateKey, publicKey),
    })
    const [privateId, publicId] = [pair.privateKey.id, pair.publicKey.id]
    return {
      object: privateId,
      made: {
        CreateKeyPair: privateId,
        CreateKeyPairPrivateKey: privateId,
        CreateKeyPairPublicKey: publicId,
      },
      write(writer) {
        writer.text(Tag.PrivateKeyUniqueIdentifier, privateId)
        writer.text(Tag.PublicKeyUniqueIdentifier, publicId)
      },
      async undo() {
        await session.destroy(privateId)
        await session.destroy(publicId)
      },
    }
  },
}

/** What is said of both keys, and of each. */
export async function readPair(
  request: Request,
): Promise<Readonly<Record<'common' | 'private' | 'public', readonly GivenAttribute[]>>> {
  const read = (one: number, two: number) => saidIn(request, { one, two })
  return {
    common: await read(Tag.CommonTemplateAttribute, Tag.CommonAttributes),
    private: await read(Tag.PrivateKeyTemplateAttribute, Tag.PrivateKeyAttributes),
    public: await read(Tag.PublicKeyTemplateAttribute, Tag.PublicKeyAttributes),
  }
}

/** The format in which a key is given out unless asked otherwise (KMIP 2.1 table 47). */
const usualFormats: Readonly<Record<string, readonly [privateKey: string, publicKey: string]>> = {
  RSA: ['PKCS_1', 'PKCS_1'],
  EC: ['ECPrivateKey', 'X_509'],
}

function halves(algorithm: string, privateKey: NewObject, publicKey: NewObject): Partial<CreateKeyPairInput> {
  const [privateFormat, publicFormat] = usualFormats[algorithm] ?? []
  const {
    name,
    usage: privateUsage,
    ...ofPrivate
  } = fresh(keyAttributes(privateKey, 'PrivateKey', privateKey.keyFormat ?? privateFormat))
  const {
    name: publicName,
    usage: publicUsage,
    ...ofPublic
  } = fresh(keyAttributes(publicKey, 'PublicKey', publicKey.keyFormat ?? publicFormat))
  return {
    private: ofPrivate,
    public: ofPublic,
    ...(name !== undefined && { name }),
    ...(publicName !== undefined && { publicName }),
    ...(privateUsage && { privateUsage }),
    ...(publicUsage && { publicUsage }),
  }
}
