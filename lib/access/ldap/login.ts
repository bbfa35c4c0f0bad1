import { randomUUID } from 'node:crypto'
import type { LdapSettings } from '../connection_settings.js'
import type { Connection } from '../connections.js'
import { normalDistinguishedName } from '../distinguished_name.js'
import type { MayTry, PasswordLogin, Proof } from '../login.js'
import { Directory, type Entry } from './directory.js'
import { DirectoryFault } from './fault.js'
import { filledFilter } from './filter.js'
import { groupsOf, namedIn } from './groups.js'
import { filledName } from './name.js'
import { type Person, personAttributes, personOf } from './person.js'

const longestName = 255
const longestPassword = 1024

/** A connection to a directory with the password of its bindDn. */
export interface Source {
  readonly connection: Connection<'ldap'>
  readonly secret: string | null
}

/**
 * Asks a directory whether a password is somebody's: by binding as it (RFC 4513 section 5.1.3). The password goes to the
 * directory for that one entry, and only where it may be tried.
 *
 * @throws DirectoryFault where the directory does not say
 */
export async function proveByDirectory(
  { connection, secret }: Source,
  { name, password }: PasswordLogin,
  mayTry: MayTry,
): Promise<Proof | undefined> {
  const { settings, groups: map } = connection
  // Without a password anybody may bind, as nobody (RFC 4513 section 5.1.2); some directories see one end at NUL.
  const isSound = isSized(name, longestName) && isSized(password, longestPassword) && !password.includes('\0')
  if (!isSound) return undefined
  return withDirectory(settings, async (directory) => {
    const meant =
      settings.userDn === null
        ? await search(directory, settings, secret, name)
        : named(settings.userDn, name)
    const tried = meant && (await mayTry(meant.account)) ? meant : undefined
    // As much is asked where there is nobody, or nobody is let try.
    const isBound = await directory.bind(tried?.dn ?? nobody(settings), tried ? password : randomUUID())
    if (!tried || !isBound) return undefined
    const person = tried.person ?? (await read(directory, settings, tried.dn))
    if (!person) return undefined
    if (settings.bindDn !== null) await bindAsItself(directory, settings.bindDn, secret)
    const groups = await groupsOf(directory, person, settings)
    const { subject, username, name: fullName, email } = person
    return {
      connection: connection.name,
      subject,
      profile: {
        ...(username !== undefined && { username }),
        ...(fullName !== undefined && { name: fullName }),
        ...(email !== undefined && { email }),
        ...(groups && { groups: namedIn(map, groups) }),
      },
    }
  })
}

/** What is done with a directory, within the time that the settings give. @throws DirectoryFault */
export async function withDirectory<Result>(
  settings: LdapSettings,
  work: (directory: Directory) => Promise<Result>,
): Promise<Result> {
  const directory = await Directory.open(settings, AbortSignal.timeout(settings.timeoutSeconds * 1000))
  try {
    return await work(directory)
  } finally {
    await directory.close()
  }
}

/** @throws DirectoryFault for a password that the directory does not take */
export async function bindAsItself(
  directory: Directory,
  bindDn: string,
  secret: string | null,
): Promise<void> {
  if (await directory.bind(bindDn, secret ?? '')) return
  throw new DirectoryFault('bind', 'the directory does not take bindDn with the secret of the connection')
}

/** Those that a name fits: whoever logs in must be the only one. */
export async function candidates(
  directory: Directory,
  settings: LdapSettings,
  name: string,
): Promise<Entry[]> {
  return directory.find({
    base: settings.userBase ?? '',
    scope: 'sub',
    filter: filledFilter(settings.userFilter, { username: name }),
    attributes: personAttributes(settings),
    most: 1,
  })
}

/** Whom a name means, before its password is looked at. */
interface Meant {
  readonly dn: string
  /** What attempts are counted by. */
  readonly account: string
  /** Undefined where only itself may look. */
  readonly person: Person | undefined
}

async function search(
  directory: Directory,
  settings: LdapSettings,
  secret: string | null,
  name: string,
): Promise<Meant | undefined> {
  if (settings.bindDn !== null) await bindAsItself(directory, settings.bindDn, secret)
  const [entry, ...others] = await candidates(directory, settings, name)
  const person = entry && others.length === 0 ? personOf(entry, settings) : undefined
  return person && { dn: person.dn, account: person.subject, person }
}

function named(userDn: string, name: string): Meant | undefined {
  const dn = filledName(userDn, name)
  try {
    return { dn, account: normalDistinguishedName(dn), person: undefined }
  } catch {
    return undefined
  }
}

async function read(directory: Directory, settings: LdapSettings, dn: string): Promise<Person | undefined> {
  const [entry] = await directory.find({
    base: dn,
    scope: 'base',
    filter: '(objectClass=*)',
    attributes: personAttributes(settings),
    most: 1,
  })
  return entry && personOf(entry, settings)
}

function nobody({ userBase, userDn }: LdapSettings): string {
  return userDn === null ? `cn=${randomUUID()},${userBase}` : filledName(userDn, randomUUID())
}

function isSized(text: string, most: number): boolean {
  return text.length > 0 && text.length <= most
}
