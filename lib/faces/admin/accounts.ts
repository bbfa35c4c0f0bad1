import Type from 'typebox'
import { clientTypes, loginMethods } from '../../core/index.js'

/** A JSON object of whoever keeps it. */
export const metadata = (description: string) =>
  Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', additionalProperties: true, description })
export const listOrNull = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<readonly T[] | null>({
    type: ['array', 'null'],
    items: { type: 'string', enum: values },
    description,
  })
const textOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description })

/** What may be said of an account. */
export const accountFields = {
  fullName: Type.Optional(textOrNull('1 to 255 characters')),
  nickname: Type.Optional(textOrNull('1 to 255 characters')),
  email: Type.Optional(textOrNull('1 to 255 characters')),
  userMetadata: Type.Optional(metadata('Its user sees and changes it; at most 64 KiB')),
  appMetadata: Type.Optional(metadata('Hidden from its user; at most 64 KiB')),
  certificateSubject: Type.Optional(textOrNull('Subject of the certificate that logs it in (RFC 4514)')),
  methods: Type.Optional(listOrNull(loginMethods, 'How it may log in; null for every way, none for no way')),
  clientTypes: Type.Optional(listOrNull(clientTypes, 'Through which clients; null for all')),
  preventUiLogin: Type.Optional(Type.Boolean({ description: 'Whether it is refused at the web interface' })),
  passwordPolicy: Type.Optional(textOrNull('Name of a password policy; null for that of everybody')),
}
