import type { AttributeName, AttributeValues } from '../../../core/index.js'
import { native, TtlvWriter } from '../../../native/index.js'
import { instancesOf, writeAttributes, writeNames } from '../attributes/write.js'
import { writeObject } from '../objects/write_object.js'
import type { Exported } from '../operations/get.js'
import { requestMessage } from '../request_message.js'
import { enumeration, Tag } from '../tables/index.js'
import { isTwo, type Version } from '../version.js'

const Operation = enumeration('Operation')
const PutFunction = enumeration('PutFunction')

const writer = new TtlvWriter(native)

/** KMIP 2.1 section 6.2.2: that attributes of an object are other ones now, or gone. */
export function notifyMessage(
  version: Version,
  object: string,
  attributes: AttributeValues,
  deleted: readonly AttributeName[],
): Buffer {
  return requestMessage(writer, version, Operation.Notify, () => {
    writer.text(Tag.UniqueIdentifier, object)
    writeAttributes(writer, instancesOf(attributes, version), version)
    // In 1.x nothing says so.
    if (!isTwo(version) || deleted.length === 0) return
    const gone = Object.fromEntries(deleted.map((name) => [name, '']))
    writeNames(writer, instancesOf(gone as AttributeValues, version), version)
  })
}

/** KMIP 2.1 section 6.2.3: an object with its attributes, which takes the place of another one, where it does. */
export function putMessage(
  version: Version,
  { exported, keyFormat }: Pick<Exported, 'exported' | 'keyFormat'>,
  attributes: AttributeValues,
  replaced: string | undefined,
): Buffer {
  return requestMessage(writer, version, Operation.Put, () => {
    writer.text(Tag.UniqueIdentifier, exported.id)
    writer.enumeration(Tag.PutFunction, replaced === undefined ? PutFunction.New : PutFunction.Replace)
    if (replaced !== undefined) writer.text(Tag.ReplacedUniqueIdentifier, replaced)
    writeObject(writer, exported, keyFormat, version)
    writeAttributes(writer, instancesOf(attributes, version), version)
  })
}
