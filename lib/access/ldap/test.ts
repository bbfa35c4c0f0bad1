import { isThisMachine, type LdapSettings } from '../connection_settings.js'
import type { Finding, TestResult } from '../login.js'
import type { Directory } from './directory.js'
import { DirectoryFault } from './fault.js'
import { groupsOf, namedIn } from './groups.js'
import { bindAsItself, candidates, type Source, withDirectory } from './login.js'
import { filledName } from './name.js'
import { personOf } from './person.js'

/** How far one comes with a directory, and what it says of somebody, without anybody's password. */
export async function testDirectory(source: Source, user: string | undefined): Promise<TestResult> {
  const { settings } = source.connection
  const findings: Finding[] = []
  try {
    return await withDirectory(settings, async (directory) => {
      findings.push(connected(settings))
      findings.push(await bound(directory, source))
      const person = user === undefined ? { findings: [] } : await look(directory, source, user)
      return { ...person, findings: [...findings, ...person.findings] }
    })
  } catch (error) {
    if (!(error instanceof DirectoryFault)) throw error
    return { findings: [...findings, { check: error.step, ok: false, detail: error.message }] }
  }
}

function connected({ url, startTls }: LdapSettings): Finding {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'ldaps:' || startTls) return found('connect', `${url}, with TLS`)
  if (isThisMachine(hostname)) return found('connect', `${url}, without TLS on this machine`)
  return {
    check: 'connect',
    ok: false,
    detail: `${url}, WITHOUT TLS: whoever is on the way reads every password`,
  }
}

async function bound(directory: Directory, { connection, secret }: Source): Promise<Finding> {
  const { bindDn } = connection.settings
  if (bindDn === null) return found('bind', 'as nobody')
  await bindAsItself(directory, bindDn, secret)
  return found('bind', `as ${bindDn}`)
}

async function look(directory: Directory, { connection }: Source, user: string): Promise<TestResult> {
  const { settings, groups: map } = connection
  if (settings.userDn !== null) {
    const dn = filledName(settings.userDn, user)
    return { findings: [found('person', `${dn}, of whom only its own password tells more`)] }
  }
  const [entry, ...others] = await candidates(directory, settings, user)
  const missing = (detail: string) => ({ findings: [{ check: 'person', ok: false, detail }] })
  if (!entry) return missing(`nobody below ${settings.userBase} fits ${settings.userFilter}`)
  if (others.length > 0) return missing(`more than one fits ${settings.userFilter}: nobody is let in`)
  const person = personOf(entry, settings)
  if (!person) return missing(`${entry.dn} has not one value of ${settings.subjectAttribute} to be known by`)
  const { subject, dn, username, name, email } = person
  const groups = await groupsOf(directory, person, settings)
  const named = namedIn(map, groups ?? [])
  return {
    subject,
    findings: [
      found('person', dn),
      ...Object.entries({ username, name, email }).map(([check, value]) => found(check, value ?? 'not said')),
      found('groups', groups ? groups.join('; ') || 'none' : 'not asked for'),
      found('groups of the map', named.join('; ') || 'none'),
    ],
  }
}

function found(check: string, detail: string): Finding {
  return { check, ok: true, detail }
}
