import type { Command } from 'commander'
import type { ObjectInfo, User } from '../../core/index.js'
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
      'What to see to: users that are idle, locked, never logged in or about to expire, and keys about to end.',
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
        ].join('\n\n'),
      )
    })
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
  }
}

function section<Row extends User | ObjectInfo>(
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
