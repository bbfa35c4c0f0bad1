import type { WrapMethod, Wrapping } from '../../../core/index.js'
import type { TtlvWriter } from '../../../native/index.js'
import { refuse } from '../engine/refusal.js'
import { enumerated, type Fields, structure, text } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'

const WrappingMethod = enumeration('WrappingMethod')
const BlockCipherMode = enumeration('BlockCipherMode')
const PaddingMethod = enumeration('PaddingMethod')
const EncodingOption = enumeration('EncodingOption')

/** How a wrapped key came, or is to be given out; undefined for one in the clear. @throws what is not supported */
export function wrappingIn(block: Fields, tag: number = Tag.KeyWrappingData): Wrapping | undefined {
  const data = block.optional(tag, structure)
  if (!data) return undefined
  if (data.required(Tag.WrappingMethod, enumerated) !== WrappingMethod.Encrypt)
    throw refuse('KeyWrapTypeNotSupported', 'keys are wrapped by encryption alone')
  const option = data.optional(Tag.EncodingOption, enumerated) ?? EncodingOption.TTLVEncoding
  if (option !== EncodingOption.NoEncoding && option !== EncodingOption.TTLVEncoding)
    throw refuse('EncodingOptionError', 'the key itself is wrapped, or its Key Value in TTLV')
  const key = data.required(Tag.EncryptionKeyInformation, structure)
  const encoding = option === EncodingOption.NoEncoding ? 'none' : 'ttlv'
  return { key: key.required(Tag.UniqueIdentifier, text), method: methodOf(key), encoding }
}

/** KMIP's Block Cipher Mode for the ways in which keys are wrapped here. */
function methodOf(key: Fields): WrapMethod {
  const parameters = key.optional(Tag.CryptographicParameters, structure)
  if (parameters?.optional(Tag.PaddingMethod, enumerated) === PaddingMethod.OAEP) return 'RSA-OAEP-256'
  switch (parameters?.optional(Tag.BlockCipherMode, enumerated)) {
    case undefined:
    case BlockCipherMode.NISTKeyWrap:
      return 'AES-KW'
    case BlockCipherMode.AESKeyWrapPadding:
      return 'AES-KWP'
    default:
      throw refuse(
        'KeyWrapTypeNotSupported',
        'keys are wrapped by NIST Key Wrap, AES Key Wrap Padding or RSA-OAEP',
      )
  }
}

/** KMIP 2.1 section 7.18: TTLV is what is meant where nothing is said. */
export function writeWrapping(writer: TtlvWriter, { key, method, encoding }: Wrapping): void {
  writer.begin(Tag.KeyWrappingData)
  writer.enumeration(Tag.WrappingMethod, WrappingMethod.Encrypt)
  writer.begin(Tag.EncryptionKeyInformation)
  writer.text(Tag.UniqueIdentifier, key)
  writer.begin(Tag.CryptographicParameters)
  if (method === 'RSA-OAEP-256') writer.enumeration(Tag.PaddingMethod, PaddingMethod.OAEP)
  else {
    const mode = method === 'AES-KWP' ? BlockCipherMode.AESKeyWrapPadding : BlockCipherMode.NISTKeyWrap
    writer.enumeration(Tag.BlockCipherMode, mode)
  }
  writer.end()
  writer.end()
  if (encoding !== 'ttlv') writer.enumeration(Tag.EncodingOption, EncodingOption.NoEncoding)
  writer.end()
}
