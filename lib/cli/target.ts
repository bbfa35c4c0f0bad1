import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { MortiseError } from '../errors/index.js'
import { adminName, isLoopback, loadConfig, type Settings, tokenFile } from '../server/index.js'
import type { Client } from './client.js'
import { openRemoteClient } from './remote_client.js'

/** Where the keys are and who asks, as the options of every command say it. */
export interface TargetOptions {
  readonly directory?: string
  readonly config?: string
  readonly as: string
  /** As the process itself, on a data directory. */
  readonly asHost?: true
  readonly url?: string
  readonly token?: string
  readonly json?: true
}

export function addTargetOptions(command: Command): Command {
  return addConfigOptions(command)
    .addOption(new Option('--as <principal>', 'whom to work as on a data directory').default(adminName))
    .addOption(
      new Option('--url <url>', 'work against a server instead of a data directory').env('MORTISE_URL'),
    )
    .addOption(
      new Option(
        '--token <token>',
        'token for the server; better in MORTISE_TOKEN or a file that MORTISE_TOKEN_FILE names',
      ),
    )
    .option('--json', 'print the result as JSON')
}

export function addConfigOptions(command: Command): Command {
  return command
    .option('--directory <path>', 'data directory (MORTISE_DIRECTORY)')
    .option('--config <file>', 'configuration file (MORTISE_CONFIG)')
}

/** Does something as the client that the options ask for. */
export async function withClient<Result>(
  options: TargetOptions,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await clientOf(options)
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

async function clientOf(options: TargetOptions): Promise<Client> {
  if (options.url !== undefined) return openRemoteClient(options.url, tokenOf(options, options.url))
  // Who works against a server does not wait for a key manager.
  const { openLocalClient } = await import('./local_client.js')
  return openLocalClient(settingsOf(options), options.asHost ? null : options.as)
}

/** The configuration, with its warnings said. */
export function configOf({ directory, config }: Pick<TargetOptions, 'directory' | 'config'>) {
  const loaded = loadConfig({
    flags: directory === undefined ? {} : { '--directory': directory },
    environment: process.env,
    workingDirectory: process.cwd(),
    ...(config !== undefined && { file: config }),
  })
  for (const warning of loaded.warnings) process.stderr.write(`mortise: ${warning}\n`)
  return loaded
}

export function settingsOf(options: Pick<TargetOptions, 'directory' | 'config'>): Settings {
  return configOf(options).settings
}

/** The given one; else, for a server on this machine, the administrator's in the data directory. */
function tokenOf(options: TargetOptions, url: string): string {
  const file = process.env['MORTISE_TOKEN_FILE']
  const given =
    options.token ??
    process.env['MORTISE_TOKEN'] ??
    (file === undefined ? undefined : readFileSync(file, 'utf8'))
  if (given !== undefined) return given.trim()
  if (URL.canParse(url) && isLoopback(new URL(url).hostname)) {
    try {
      return readFileSync(join(settingsOf(options).directory, tokenFile), 'utf8').trim()
    } catch {
      // There is no such directory here: the error below says what to do.
    }
  }
  throw new MortiseError(
    'MORTISE_AUTH_REQUIRED',
    'a token is missing: set MORTISE_TOKEN or MORTISE_TOKEN_FILE',
  )
}
