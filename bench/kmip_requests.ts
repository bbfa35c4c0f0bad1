import { enumeration, requestMessage, Tag } from '../lib/faces/kmip/index.js'
import { native, TtlvWriter } from '../lib/native/index.js'

const Operation = enumeration('Operation')
const writer = new TtlvWriter(native)

/** Of KMIP 1.4, which Mortise and PyKMIP both speak. */
function request(operation: number, payload: () => void): Buffer {
  return requestMessage(writer, '1.4', operation, payload)
}

function attribute(name: string, value: () => void): void {
  writer.begin(Tag.Attribute)
  writer.text(Tag.AttributeName, name)
  value()
  writer.end()
}

function nameAttribute(name: string): void {
  attribute('Name', () => {
    writer.begin(Tag.AttributeValue)
    writer.text(Tag.NameValue, name)
    writer.enumeration(Tag.NameType, enumeration('NameType').UninterpretedTextString)
    writer.end()
  })
}

/** An AES-256 key for Encrypt and Decrypt. */
export function createRequest(name: string): Buffer {
  return request(Operation.Create, () => {
    writer.enumeration(Tag.ObjectType, enumeration('ObjectType').SymmetricKey)
    writer.begin(Tag.TemplateAttribute)
    attribute('Cryptographic Algorithm', () =>
      writer.enumeration(Tag.AttributeValue, enumeration('CryptographicAlgorithm').AES),
    )
    attribute('Cryptographic Length', () => writer.integer(Tag.AttributeValue, 256))
    attribute('Cryptographic Usage Mask', () => writer.integer(Tag.AttributeValue, 0x0c))
    nameAttribute(name)
    writer.end()
  })
}

export function getRequest(id: string): Buffer {
  return request(Operation.Get, () => writer.text(Tag.UniqueIdentifier, id))
}

export function activateRequest(id: string): Buffer {
  return request(Operation.Activate, () => writer.text(Tag.UniqueIdentifier, id))
}

export function destroyRequest(id: string): Buffer {
  return request(Operation.Destroy, () => writer.text(Tag.UniqueIdentifier, id))
}

export function locateRequest(name: string): Buffer {
  return request(Operation.Locate, () => nameAttribute(name))
}

/** AES-GCM, the IV of the server. */
export function encryptRequest(id: string, data: Uint8Array): Buffer {
  return request(Operation.Encrypt, () => {
    writer.text(Tag.UniqueIdentifier, id)
    gcm()
    writer.byteString(Tag.Data, data)
  })
}

/** What {@link encryptRequest} was answered with. */
export interface Encrypted {
  readonly data: Uint8Array
  readonly iv: Uint8Array
  readonly tag: Uint8Array
}

export function decryptRequest(id: string, { data, iv, tag }: Encrypted): Buffer {
  return request(Operation.Decrypt, () => {
    writer.text(Tag.UniqueIdentifier, id)
    gcm()
    writer.byteString(Tag.Data, data)
    writer.byteString(Tag.IVCounterNonce, iv)
    writer.byteString(Tag.AuthenticatedEncryptionTag, tag)
  })
}

function gcm(): void {
  writer.begin(Tag.CryptographicParameters)
  writer.enumeration(Tag.BlockCipherMode, enumeration('BlockCipherMode').GCM)
  writer.enumeration(Tag.CryptographicAlgorithm, enumeration('CryptographicAlgorithm').AES)
  writer.integer(Tag.TagLength, 16)
  writer.end()
}
