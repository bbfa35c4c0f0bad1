import { MortiseError } from '../../../errors/index.js'
import { ItemType } from '../../../native/index.js'
import { byteString, enumerated, type Fields, structure, text } from '../fields.js'
import { enumerationNames, Tag } from '../tables/index.js'
import { isTwo, type Version } from '../version.js'
import { refuse } from './refusal.js'

const credentialTypes = enumerationNames('CredentialType')

/** What the header of a request says of who sends it. */
export type Credential =
  | { readonly kind: 'password'; readonly name: string; readonly password: string }
  /** With a code of an authenticator app. */
  | { readonly kind: 'code'; readonly name: string; readonly password: string; readonly code: string }
  | { readonly kind: 'ticket'; readonly ticket: string }

/** Fields that name a device, the one that is taken for its name first. */
const deviceNames = [
  Tag.DeviceIdentifier,
  Tag.DeviceSerialNumber,
  Tag.NetworkIdentifier,
  Tag.MachineIdentifier,
  Tag.MediaIdentifier,
]

/**
 * KMIP 2.1 section 9.11. A device that gives no password says who it is and proves nothing: it is let in by what it proves otherwise.
 *
 * @throws MORTISE_AUTH_REQUIRED, FeatureNotSupported for a kind that nobody here can check, MORTISE_KMIP_MALFORMED
 */
export function credentialIn(header: Fields, version: Version): Credential | undefined {
  const authentication = header.optional(Tag.Authentication, structure)
  if (!authentication) return undefined
  const [credential, ...others] = authentication.all(Tag.Credential, structure)
  if (!credential) throw refuse('InvalidMessage', 'the Authentication has no Credential')
  if (others.length > 0) throw refuse('AuthenticationNotSuccessful', 'one Credential is taken')
  const type = credentialTypes.name(credential.required(Tag.CredentialType, enumerated))
  const value = credential.required(Tag.CredentialValue, structure)
  switch (type) {
    case 'UsernameAndPassword':
      return passwordIn(value)
    case 'Device':
      return deviceIn(value)
    case 'Attestation':
      throw refuse('FeatureNotSupported', 'attestation is not checked here: give another Credential')
  }
  if (isTwo(version)) {
    switch (type) {
      case 'OneTimePassword':
        return { ...passwordIn(value), kind: 'code', code: value.required(Tag.OneTimePassword, text) }
      case 'HashedPassword':
        throw refuse(
          'FeatureNotSupported',
          'a Hashed Password cannot be checked, because passwords are kept stretched: give Username and Password',
        )
      case 'Ticket':
        return { kind: 'ticket', ticket: ticketIn(value) }
    }
  }
  throw refuse('AuthenticationNotSuccessful', 'nobody knows the Credential Type')
}

/** The text of a Ticket. */
export function ticketIn(fields: Fields): string {
  const ticket = fields.required(Tag.Ticket, structure)
  ticket.required(Tag.TicketType, enumerated)
  return ticket.required(Tag.TicketValue, byteString).toString('latin1')
}

function passwordIn(value: Fields) {
  if (value.typeOf(Tag.Password) === undefined || value.typeOf(Tag.Username) !== ItemType.TextString)
    throw new MortiseError('MORTISE_AUTH_REQUIRED')
  const name = value.required(Tag.Username, text)
  return { kind: 'password', name, password: value.required(Tag.Password, text) } as const
}

function deviceIn(value: Fields): Credential | undefined {
  const named = deviceNames.find((tag) => value.typeOf(tag) !== undefined)
  if (named === undefined) throw refuse('InvalidMessage', 'the Credential names no device')
  const password = value.optional(Tag.Password, text)
  return password === undefined
    ? undefined
    : { kind: 'password', name: value.required(named, text), password }
}
