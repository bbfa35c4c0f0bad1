import { native, TtlvDecoder, type TtlvWriter } from '../../../native/index.js'
import { mayUse } from '../engine/tickets.js'
import { enumerated } from '../fields.js'
import { objectTypes } from '../objects/read_object.js'
import { defaultsSetting } from '../objects/rules.js'
import { enumeration, enumerations, isKnown, Tag } from '../tables/index.js'
import type { ValueRow } from '../tables/rows.js'
import type { Version } from '../version.js'
import type { KmipOperation } from './operation.js'

const QueryFunction = enumeration('QueryFunction')
const RNGAlgorithm = enumeration('RNGAlgorithm')
const DRBGAlgorithm = enumeration('DRBGAlgorithm')
const CryptographicAlgorithm = enumeration('CryptographicAlgorithm')
const UnwrapMode = enumeration('UnwrapMode')
const DestroyAction = enumeration('DestroyAction')
const ShreddingAlgorithm = enumeration('ShreddingAlgorithm')
const ClientRegistrationMethod = enumeration('ClientRegistrationMethod')
const RNGMode = enumeration('RNGMode')
const profileNames: Readonly<Record<string, ValueRow>> = enumerations.ProfileName

/** What the server asks clients that listen for. */
const toClients = ['Notify', 'Put']
const decoder = new TtlvDecoder(native)
const vendor = 'Mortise'
const kept = [
  'Certificate',
  'SymmetricKey',
  'PublicKey',
  'PrivateKey',
  'SplitKey',
  'Template',
  'SecretData',
  'OpaqueObject',
  'PGPKey',
  'CertificateRequest',
] as const

/** How clients come by what they come in with: from administrators beforehand, or by Re-Provision in each of its three forms. */
const registrations = ['ServerPreGenerated', 'ServerOnDemand', 'ClientGenerated', 'ClientRegistered'] as const

/** Those whose mandatory cases pass in every version that names them, without that version. */
const profiles = [
  'SymmetricKeyLifecycleServer',
  'AsymmetricKeyLifecycleServer',
  'BasicCryptographicServer',
  'AdvancedCryptographicServer',
  'RNGCryptographicServer',
  'SymmetricKeyFoundryServer',
  'OpaqueManagedObjectStoreServer',
]

/** What KMIP 1.3 and 1.4 call them, and those before them; in 2.x a profile has the version of the message. */
function profileRows(version: Version): ValueRow[] {
  const named = (suffix: string) => profiles.map((profile) => profileNames[`${profile}${suffix}`])
  const suffixes = version >= '2.0' ? [''] : ['0', '1', '2', '3', '4'].map((minor) => `KMIPV1_${minor}`)
  return suffixes.flatMap(named).filter((row) => row !== undefined && isKnown(row, version)) as ValueRow[]
}

/** What the answers draw on. */
interface Known {
  readonly operations: readonly number[]
  readonly defaults: Buffer
}

type Answering = (writer: TtlvWriter, version: Version, known: Known) => void

/** What is answered to each function, in the order of the response. What has nothing to say answers nothing. */
const answers: ReadonlyMap<number, Answering> = new Map<number, Answering>([
  [
    QueryFunction.QueryOperations,
    (writer, _version, { operations }) => {
      for (const operation of operations) writer.enumeration(Tag.Operation, operation)
    },
  ],
  [
    QueryFunction.QueryObjects,
    (writer, version) => {
      const rows: Readonly<Record<string, ValueRow>> = enumerations.ObjectType
      for (const type of kept) {
        const row = rows[type]
        if (row && isKnown(row, version)) writer.enumeration(Tag.ObjectType, objectTypes.value(type) ?? 0)
      }
    },
  ],
  [
    QueryFunction.QueryServerInformation,
    (writer) => {
      writer.text(Tag.VendorIdentification, vendor)
      writer.begin(Tag.ServerInformation)
      writer.end()
    },
  ],
  [
    QueryFunction.QueryRNGs,
    (writer) => {
      writer.begin(Tag.RNGParameters)
      writer.enumeration(Tag.RNGAlgorithm, RNGAlgorithm.DRBG)
      writer.enumeration(Tag.CryptographicAlgorithm, CryptographicAlgorithm.AES)
      writer.integer(Tag.CryptographicLength, 256)
      writer.enumeration(Tag.DRBGAlgorithm, DRBGAlgorithm.CTR)
      writer.end()
    },
  ],
  [
    QueryFunction.QueryProfiles,
    (writer, version) => {
      for (const { value } of profileRows(version)) {
        writer.begin(Tag.ProfileInformation)
        writer.enumeration(Tag.ProfileName, value)
        writer.end()
      }
    },
  ],
  [
    QueryFunction.QueryCapabilities,
    (writer, version) => {
      writer.begin(Tag.CapabilityInformation)
      writer.boolean(Tag.StreamingCapability, true)
      writer.boolean(Tag.AsynchronousCapability, true)
      writer.boolean(Tag.AttestationCapability, false)
      if (version >= '1.4') {
        writer.boolean(Tag.BatchUndoCapability, true)
        writer.boolean(Tag.BatchContinueCapability, true)
      }
      writer.enumeration(Tag.UnwrapMode, UnwrapMode.Processed)
      writer.enumeration(Tag.DestroyAction, DestroyAction.KeyMaterialShredded)
      writer.enumeration(Tag.ShreddingAlgorithm, ShreddingAlgorithm.Cryptographic)
      writer.enumeration(Tag.RNGMode, RNGMode.SharedInstantiation)
      writer.end()
    },
  ],
  [
    QueryFunction.QueryClientRegistrationMethods,
    (writer) => {
      for (const method of registrations)
        writer.enumeration(Tag.ClientRegistrationMethod, ClientRegistrationMethod[method])
    },
  ],
  [
    QueryFunction.QueryDefaultsInformation,
    (writer, _version, { defaults }) => {
      if (defaults.length === 0) return
      const message = decoder.decode(defaults)
      writer.copy(message, message.root)
    },
  ],
])

/** KMIP 2.1 section 6.1.40. @param operations the names that the table of operations has here */
export function query(operations: () => Iterable<string>): KmipOperation {
  const rows: Readonly<Record<string, ValueRow>> = enumerations.Operation
  return {
    name: 'Query',
    effect: 'read',
    async run({ payload, session, version }) {
      const asked = new Set(payload.all(Tag.QueryFunction, enumerated))
      const defaults = await session.ruling(defaultsSetting)
      const numbers = [...operations(), ...toClients]
        .filter((name) => mayUse(session, name))
        .map((name) => rows[name])
        .filter((row) => row !== undefined && isKnown(row, version))
        .map((row) => (row as ValueRow).value)
        .sort((a, b) => a - b)
      return {
        write(writer) {
          for (const [number, answer] of answers)
            if (asked.has(number) && isAsked(number, version))
              answer(writer, version, { operations: numbers, defaults })
        },
      }
    },
  }
}

/** Whether a version has the function: what it cannot ask for it would not understand. */
function isAsked(number: number, version: Version): boolean {
  return Object.values<ValueRow>(enumerations.QueryFunction).some(
    (row) => row.value === number && isKnown(row, version),
  )
}
