import { MortiseError } from '../../errors/index.js'
import type { ObjectAttributes, ObjectType, SystemOperation } from '../../operation/index.js'
import { certificateData, type Data, dataUsages } from '../certificate_data.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { dataProvider, type NewKeyAttributes, newRow } from '../make.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'

/** Bytes. */
const materialLimit = 65_536

/** What is kept as keys are, and is none: it is exported, or other keys are derived from it. */
export const dataTypes = [
  'Certificate',
  'OpaqueObject',
  'SecretData',
] as const satisfies readonly ObjectType[]

/** What only clients of KMIP know what to do with. */
const otherTypes = ['CertificateRequest', 'PGPKey', 'Template'] as const satisfies readonly ObjectType[]

export interface RegisterObjectInput extends NewKeyAttributes {
  readonly type: (typeof dataTypes)[number] | (typeof otherTypes)[number]
  /** 1 to 65,536 bytes; of a certificate X.509 as DER or PEM. The caller wipes its copy. */
  readonly material: Uint8Array
  /** Of secret data. Default `Password`. */
  readonly secretDataType?: 'Password' | 'Seed'
  /** Of an opaque object: what its bytes are, in its maker's words. At most 64 characters. */
  readonly opaqueDataType?: string
  /** Of a certificate request: KMIP's word for its format. At most 64 characters. */
  readonly certificateRequestType?: string
  readonly pgpKeyVersion?: number
}

/**
 * Takes in a certificate, secret data or an opaque object (KMIP 2.1, Register). Unlike a key it is extractable unless told
 * otherwise, for there is little else that it is good for: whoever exports it needs the permission.
 *
 * @throws MORTISE_CRYPTO_KEY_INVALID for a certificate that cannot be read
 */
export const registerObject: SystemOperation<KeyServices, RegisterObjectInput, ObjectInfo> = {
  name: 'Register',
  permission: 'Import',
  durability: 'synced',
  independent: true,
  async prepare(services, actor, input) {
    const {
      type,
      material,
      secretDataType,
      opaqueDataType,
      usage = [],
      extractable = true,
      ...others
    } = input
    const { certificateRequestType, pgpKeyVersion, ...rest } = others
    if (![...dataTypes, ...otherTypes].includes(type))
      throw new MortiseError('MORTISE_INPUT_INVALID', `choose one of ${dataTypes.join(', ')}`)
    if (material.length < 1)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'an object has at least one byte')
    if (material.length > materialLimit)
      throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `an object may have ${materialLimit} bytes at most`)
    for (const word of [opaqueDataType, certificateRequestType])
      if (word !== undefined && !(word.length >= 1 && word.length <= 64))
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          'the type of what is registered has 1 to 64 characters',
        )
    const made = {
      Certificate: () => certificateData(material),
      SecretData: () => data(material, 8 * material.length, { secretDataType: secretDataType ?? 'Password' }),
      OpaqueObject: () => data(material, 0, opaqueDataType === undefined ? {} : { opaqueDataType }),
      CertificateRequest: () =>
        data(material, 0, certificateRequestType === undefined ? {} : { certificateRequestType }),
      PGPKey: () => data(material, 0, pgpKeyVersion === undefined ? {} : { pgpKeyVersion }),
      Template: () => data(material, 0, {}),
    }[type]()
    const id = newId()
    const row = newRow(
      services,
      {
        id,
        type,
        spec: made.spec,
        material: services.provider(dataProvider).importData(made.bytes, { id, type, serial: 1 }),
        owner: actor,
        values: made.values,
      },
      { ...rest, usage, extractable },
    )
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      object: id,
      detail: { type, ...(row.name && { name: row.name }) },
    }
  },
}

function data(bytes: Uint8Array, length: number, values: Partial<ObjectAttributes>): Data {
  return { bytes, spec: { algorithm: { name: '', usages: dataUsages }, length, curve: undefined }, values }
}
