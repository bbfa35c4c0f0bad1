import { once } from 'node:events'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { AuditListInput, AuditSegment, AuditVerification, TrustedCheckpoints } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { wholeNumber } from '../input.js'
import { date, facts, mentionNext, print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

type ListOptions = TargetOptions & AuditListInput

export function auditCommands(program: Command): void {
  const audit = program.command('audit').description('Read and check the audit trail.')

  addTargetOptions(audit.command('list'))
    .description('Records, newest first.')
    .option('--operation <name>')
    .option('--object <id>')
    .option('--principal <id>')
    .addOption(new Option('--outcome <outcome>').choices(['success', 'denied', 'failed']))
    .option('--face <name>', 'the door')
    .option('--request <id>')
    .option('--since <date>', 'from then on: ISO 8601, or milliseconds since 1970', moment)
    .option('--until <date>', 'before then', moment)
    .option('--limit <number>', 'at most so many, 1 to 1000', wholeNumber)
    .option('--before <cursor>', 'what is older than the page before', wholeNumber)
    .action(async (options: ListOptions) => {
      const page = await withClient(options, ({ keys }) => keys.audit(queryOf(options)))
      print(options, page, () =>
        table(
          ['TIME', 'WHO', 'DOOR', 'OPERATION', 'OBJECT', 'OUTCOME', 'DETAIL'],
          page.records.map((record) => [
            date(record.time),
            record.principalName,
            record.face,
            record.operation,
            record.object,
            record.code ?? record.outcome,
            shortened(JSON.stringify(record.detail)),
          ]),
        ),
      )
      if (!options.json) mentionNext('--before', page.cursor)
    })

  addTargetOptions(audit.command('verify'))
    .description(
      'Check every chain from its beginning, and the checkpoints. Exit code 1 when something is wrong.',
    )
    .option(
      '--checkpoint <path...>',
      'checkpoints kept outside the database: files, or directories for the newest in each',
    )
    .option('--public-key <file...>', 'PEM files: one of the keys must have signed every checkpoint')
    .option('--file <path>', 'exported records, which are checked instead of the store')
    .action(async ({ file, checkpoint = [], publicKey = [], ...options }: VerifyFlags) => {
      const trusted = {
        checkpoints: checkpoint.map((path) => readFileSync(newestIn(path), 'utf8')),
        publicKeys: publicKey.map((path) => readFileSync(path, 'utf8')),
      }
      const result =
        file === undefined
          ? await withClient(options, ({ keys }) => keys.verifyAudit(trusted))
          : await verifyFile(file, trusted)
      report(options, result)
    })

  addTargetOptions(audit.command('export'))
    .description('All records, chain by chain, as lines of JSON that verify away from the store.')
    .action(async (options: TargetOptions) => {
      await withClient(options, async ({ keys }) => {
        for (const head of await keys.auditHeads()) {
          const [chain = '', last] = head.split(':')
          for (let from: number | null = 1; from !== null && from <= Number(last); ) {
            const { lines, next }: AuditSegment = await keys.auditExport({ chain, from })
            const wanted = lines.slice(0, Number(last) - from + 1)
            if (!process.stdout.write(wanted.map((line) => `${line}\n`).join('')))
              await once(process.stdout, 'drain')
            from = next
          }
        }
      })
    })

  addTargetOptions(audit.command('checkpoint'))
    .description('Sign where the trail stands now, and print it: keep it outside the database.')
    .action(async (options: TargetOptions) => {
      const { text, checkpoint } = await withClient(options, ({ keys }) => keys.checkpoint())
      print(options, { ...checkpoint, text }, () => text)
    })
}

async function verifyFile(file: string, trusted: TrustedCheckpoints) {
  const { SegmentVerifier } = await import('../../core/index.js')
  const verifier = new SegmentVerifier()
  for await (const line of createInterface(createReadStream(file))) verifier.add(line)
  verifier.compare(trusted)
  const { chains, records, problems } = verifier
  return { chains, records, problems }
}

/** Prints what a verification found, and fails the command when it is something. */
function report(
  options: { readonly json?: true },
  result: Pick<AuditVerification, 'chains' | 'records' | 'problems'> & Partial<AuditVerification>,
): void {
  const { problems } = result
  print(options, result, () =>
    problems.length === 0
      ? facts({ ...result, problems: 'none' })
      : table(
          ['CHAIN', 'RECORD', 'PROBLEM'],
          problems.map(({ chain, sequence, problem }) => [chain, sequence, problem]),
        ),
  )
  if (problems.length > 0) process.exitCode = 1
}

/** Parses an option that is a date. */
function moment(text: string): number {
  const milliseconds = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(milliseconds)) throw new InvalidArgumentError('it must be a date: 2026-01-31T12:00:00Z')
  return milliseconds
}

interface VerifyFlags extends TargetOptions {
  readonly file?: string
  readonly checkpoint?: readonly string[]
  readonly publicKey?: readonly string[]
}

/** The file, or the newest checkpoint of a directory: their names are in order. */
function newestIn(path: string): string {
  if (!statSync(path).isDirectory()) return path
  const newest = readdirSync(path)
    .filter((name) => name.endsWith('.checkpoint'))
    .sort()
    .at(-1)
  if (newest === undefined)
    throw new MortiseError('MORTISE_INPUT_INVALID', `there is no checkpoint in ${path}`)
  return join(path, newest)
}

function queryOf({
  operation,
  object,
  principal,
  outcome,
  face,
  request,
  since,
  until,
  limit,
  before,
}: ListOptions): AuditListInput {
  return {
    ...(operation !== undefined && { operation }),
    ...(object !== undefined && { object }),
    ...(principal !== undefined && { principal }),
    ...(outcome !== undefined && { outcome }),
    ...(face !== undefined && { face }),
    ...(request !== undefined && { request }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(limit !== undefined && { limit }),
    ...(before !== undefined && { before }),
  }
}

/** For a line of a terminal; --json has all of it. */
function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
