import { once } from 'node:events'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type {
  AuditListInput,
  AuditSegment,
  AuditVerification,
  ChainPiece,
  SegmentVerifier,
  TrustedCheckpoints,
} from '../../core/index.js'
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
    .option('--address <ip>', 'of the client')
    .option('--since <date>', 'from then on: ISO 8601, or milliseconds since 1970', moment)
    .option('--until <date>', 'before then', moment)
    .option('--limit <number>', 'at most so many, 1 to 1000', wholeNumber)
    .option('--before <cursor>', 'what is older than the page before', wholeNumber)
    .action(async (options: ListOptions) => {
      const page = await withClient(options, ({ keys }) => keys.audit(queryOf(options)))
      print(options, page, () =>
        table(
          ['TIME', 'WHO', 'DOOR', 'ADDRESS', 'OPERATION', 'OBJECT', 'OUTCOME', 'DETAIL'],
          page.records.map((record) => [
            date(record.time),
            record.principalName,
            record.face,
            record.address ?? null,
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
        checkpoints: await Promise.all(checkpoint.map((path) => checkpointAt(path))),
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
            // What was pruned is not there: the first line says where the chain begins.
            const { sequence } = JSON.parse(lines[0] ?? '{"sequence":0}') as { sequence: number }
            const wanted = lines.slice(0, Math.max(0, Number(last) - sequence + 1))
            if (!process.stdout.write(wanted.map((line) => `${line}\n`).join('')))
              await once(process.stdout, 'drain')
            from = next
          }
        }
      })
    })

  addTargetOptions(audit.command('prune'))
    .description(
      'Remove the records that a checkpoint vouches for, once the trail verifies and every sink, or an export, has them.',
    )
    .requiredOption(
      '--checkpoint <path>',
      'a checkpoint kept outside the database: a file, or a directory for the newest in it',
    )
    .option('--before <date>', 'of the directory, the newest that was made before then', moment)
    .option('--exported <file>', 'what mortise audit export wrote, which is checked: no sink need have it')
    .option('--retired <sink...>', 'sinks that are not used any more, as the trail names them')
    .action(async ({ checkpoint: path, before, exported, retired, ...options }: PruneFlags) => {
      const checkpoint = await checkpointAt(path, before)
      const input = {
        checkpoint,
        ...(exported !== undefined && { exported: await soundPieces(exported, checkpoint) }),
        ...(retired && { retired }),
      }
      const result = await withClient(options, ({ keys }) => keys.pruneAudit(input))
      print(options, result, () => facts({ ...result }))
    })

  addTargetOptions(audit.command('checkpoint'))
    .description('Sign where the trail stands now, and print it: keep it outside the database.')
    .action(async (options: TargetOptions) => {
      const { text, checkpoint } = await withClient(options, ({ keys }) => keys.checkpoint())
      print(options, { ...checkpoint, text }, () => text)
    })
}

async function verifyFile(file: string, trusted: TrustedCheckpoints) {
  const verifier = await readExport(file, trusted)
  const { pieces, records, problems } = verifier
  return { chains: pieces.length, records, problems }
}

async function readExport(file: string, trusted: TrustedCheckpoints): Promise<SegmentVerifier> {
  const { SegmentVerifier } = await import('../../core/index.js')
  const verifier = new SegmentVerifier()
  for await (const line of createInterface(createReadStream(file))) verifier.add(line)
  verifier.compare(trusted)
  return verifier
}

/** What an export has of each chain. @throws MORTISE_AUDIT_PRUNE_REFUSED when it does not verify */
async function soundPieces(file: string, checkpoint: string): Promise<readonly ChainPiece[]> {
  const { pieces, problems } = await readExport(file, { checkpoints: [checkpoint] })
  if (problems.length === 0) return pieces
  throw new MortiseError(
    'MORTISE_AUDIT_PRUNE_REFUSED',
    `the export does not verify (${problems.length} problems): mortise audit verify --file ${file} lists them`,
  )
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

interface PruneFlags extends TargetOptions {
  readonly checkpoint: string
  readonly before?: number
  readonly exported?: string
  readonly retired?: readonly string[]
}

/** The text in a file, or of the newest checkpoint of a directory that was made before a time: their names are in order. */
async function checkpointAt(path: string, before = Number.POSITIVE_INFINITY): Promise<string> {
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8')
  const { parseCheckpoint } = await import('../../core/index.js')
  const newest = readdirSync(path)
    .filter((name) => name.endsWith('.checkpoint'))
    .sort()
    .map((name) => readFileSync(join(path, name), 'utf8'))
    .findLast((text) => parseCheckpoint(text).checkpoint.time < before)
  if (newest === undefined)
    throw new MortiseError('MORTISE_INPUT_INVALID', `there is no such checkpoint in ${path}`)
  return newest
}

function queryOf({
  operation,
  object,
  principal,
  outcome,
  face,
  request,
  address,
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
    ...(address !== undefined && { address }),
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
