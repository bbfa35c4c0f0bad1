import type { Command } from 'commander'
import { type AuthorityInfo, type CertificateInfo, systemPrincipal } from '../../core/index.js'
import type { Keys } from '../client.js'
import { days } from '../input.js'
import { date, print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

const day = 24 * 60 * 60 * 1000
/** Of each list: whoever has more to see to begins with these. */
const most = 1000

interface ReportOptions extends TargetOptions {
  readonly within: number
}

export function reportCommand(program: Command): void {
  addTargetOptions(program.command('report'))
    .description(
      'What to see to: users that are idle, locked, never logged in or about to expire, and keys, authorities and certificates about to end.',
    )
    .option('--within <days>', 'idle for so long, and what ends so soon', days, 30)
    .action(async (options: ReportOptions) => {
      const report = await withClient(options, ({ keys }) => reportOf(keys, options.within * day))
      print(options, report, () =>
        [
          section('Idle', report.idle, (user) => date(user.lastLogin)),
          section('Locked', report.locked, (user) => date(user.lockedUntil)),
          section('Never logged in', report.neverLoggedIn, (user) => date(user.created)),
          section('About to expire', report.expiring, (user) => date(user.expires)),
          section('Keys about to be deactivated', report.keys, (key) => key.deactivated),
          section('Authorities about to expire', report.authorities, ({ notAfter }) => notAfter),
          section('Certificates about to expire', report.certificates, ({ notAfter }) => notAfter),
        ].join('\n\n'),
      )
    })
}

/** Those that have not expired, and will have by then. */
async function endingAuthorities(keys: Keys, now: number, by: number): Promise<AuthorityInfo[]> {
  const ends = ({ notAfter }: AuthorityInfo) => (notAfter === null ? Number.NaN : Date.parse(notAfter))
  const { authorities } = await keys.authorities({ limit: most })
  return authorities.filter((one) => ends(one) > now && ends(one) <= by)
}

/** What the server has of its own it renews by itself. */
async function endingCertificates(keys: Keys, by: number): Promise<CertificateInfo[]> {
  const { authorities } = await keys.authorities({ kind: 'local', limit: most })
  const found: CertificateInfo[] = []
  for (const { id } of authorities) {
    const page = await keys.certificates(id, { state: 'active', expiresBy: by, limit: most })
    found.push(...page.certificates.filter(({ owner }) => owner !== systemPrincipal.id))
  }
  return found
}

async function reportOf(keys: Keys, time: number) {
  const now = Date.now()
  const users = async (query: Parameters<Keys['users']>[0]) =>
    (await keys.users({ ...query, limit: most })).users
  const from = new Date(now).toISOString()
  const to = new Date(now + time).toISOString()
  return {
    idle: await users({ idleSince: now - time }),
    locked: await users({ locked: true }),
    neverLoggedIn: await users({ neverLoggedIn: true }),
    expiring: await users({ expiresBy: now + time }),
    keys: (await keys.locate({ dates: { deactivated: { from, to } }, limit: most })).items,
    authorities: await endingAuthorities(keys, now, now + time),
    certificates: await endingCertificates(keys, now + time),
  }
}

function section<Row extends { readonly id: string; readonly name: string | null }>(
  title: string,
  rows: readonly Row[],
  when: (row: Row) => string | null,
): string {
  if (rows.length === 0) return `${title}: none`
  return `${title}:\n${table(
    ['ID', 'NAME', 'WHEN'],
    rows.map((row) => [row.id, row.name, when(row)]),
  )}`
}
