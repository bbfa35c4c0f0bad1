import type { LdapSettings } from '../connection_settings.js'
import type { Profile } from '../login.js'
import { visibleText } from '../text.js'
import type { Entry } from './directory.js'

/** Somebody in a directory. */
export interface Person extends Pick<Profile, 'username' | 'name' | 'email'> {
  readonly dn: string
  /** What it is called for ever, whatever it is renamed to. */
  readonly subject: string
  /** Names of groups that its own entry names. */
  readonly memberOf: readonly string[]
}

/** What is to be asked of an entry. */
export function personAttributes(settings: LdapSettings): string[] {
  const { subjectAttribute, usernameAttribute, nameAttribute, emailAttribute, memberOfAttribute } = settings
  const own = [subjectAttribute, usernameAttribute, nameAttribute, emailAttribute]
  return [...new Set(memberOfAttribute === null ? own : [...own, memberOfAttribute])]
}

/** Nobody, where the entry has not exactly one value to be known by. */
export function personOf(entry: Entry, settings: LdapSettings): Person | undefined {
  const [value, ...others] = entry.values(settings.subjectAttribute)
  const subject = value === undefined ? undefined : Buffer.isBuffer(value) ? guidText(value) : value
  if (subject === undefined || others.length > 0) return undefined
  const text = (attribute: string) => visibleText(entry.values(attribute)[0])
  const username = text(settings.usernameAttribute)
  const name = text(settings.nameAttribute)
  const email = text(settings.emailAttribute)
  return {
    dn: entry.dn,
    subject,
    ...(username !== undefined && { username }),
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    memberOf:
      settings.memberOfAttribute === null
        ? []
        : entry.values(settings.memberOfAttribute).filter((one) => typeof one === 'string'),
  }
}

/** The 16 bytes of an objectGUID as Active Directory writes them ([MS-DTYP] section 2.3.4): the first three parts are little-endian. */
function guidText(bytes: Buffer): string | undefined {
  if (bytes.length !== 16) return undefined
  const parts = [
    bytes.readUInt32LE(0).toString(16).padStart(8, '0'),
    bytes.readUInt16LE(4).toString(16).padStart(4, '0'),
    bytes.readUInt16LE(6).toString(16).padStart(4, '0'),
    bytes.toString('hex', 8, 10),
    bytes.toString('hex', 10, 16),
  ]
  return parts.join('-')
}
