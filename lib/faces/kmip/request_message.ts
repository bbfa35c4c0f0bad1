import type { TtlvWriter } from '../../native/index.js'
import { enumeration, Tag } from './tables/index.js'
import { partsOf, type Version } from './version.js'

const CredentialType = enumeration('CredentialType')

export interface Login {
  readonly user: string
  readonly password: string
}

/** A request of one item, as a client sends it (KMIP 2.1 section 8.1). */
export function requestMessage(
  writer: TtlvWriter,
  version: Version,
  operation: number,
  payload: (writer: TtlvWriter) => void,
  login?: Login,
): Buffer {
  const [major, minor] = partsOf(version)
  return writer.message(() => {
    writer.begin(Tag.RequestMessage)
    writer.begin(Tag.RequestHeader)
    writer.begin(Tag.ProtocolVersion)
    writer.integer(Tag.ProtocolVersionMajor, major)
    writer.integer(Tag.ProtocolVersionMinor, minor)
    writer.end()
    if (login) writeCredential(writer, login)
    writer.integer(Tag.BatchCount, 1)
    writer.end()
    writer.begin(Tag.BatchItem)
    writer.enumeration(Tag.Operation, operation)
    writer.begin(Tag.RequestPayload)
    payload(writer)
    writer.end()
    writer.end()
    writer.end()
  })
}

function writeCredential(writer: TtlvWriter, { user, password }: Login): void {
  writer.begin(Tag.Authentication)
  writer.begin(Tag.Credential)
  writer.enumeration(Tag.CredentialType, CredentialType.UsernameAndPassword)
  writer.begin(Tag.CredentialValue)
  writer.text(Tag.Username, user)
  writer.text(Tag.Password, password)
  writer.end()
  writer.end()
  writer.end()
}
