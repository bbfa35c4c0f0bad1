import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { MortiseError } from '../errors/index.js'
import { adminName, isLoopback, loadConfig, rootFile, type Settings, tokenFile } from '../server/index.js'
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
  const { url } = options
  if (url !== undefined) return openRemoteClient(url, tokenOf(options, url), rootOf(options, url))
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
  const own = ownFile(options, url, tokenFile)
  if (own !== undefined) return own.trim()
  throw new MortiseError(
    'MORTISE_AUTH_REQUIRED',
    'a token is missing: set MORTISE_TOKEN or MORTISE_TOKEN_FILE',
  )
}

/**
 * For a server on this machine the root of its own TLS in the data directory, unless Node is told whom to trust (NODE_EXTRA_CA_CERTS).
 *
 * @returns PEM
 */
export function rootOf(
  options: Pick<TargetOptions, 'directory' | 'config'>,
  url: string,
): string | undefined {
  if (!url.startsWith('https:') || process.env['NODE_EXTRA_CA_CERTS'] !== undefined) return undefined
  return ownFile(options, url, rootFile)
}

/** A file of the data directory, where a server on this machine is asked. */
function ownFile(
  options: Pick<TargetOptions, 'directory' | 'config'>,
  url: string,
  name: string,
): string | undefined {
  if (!URL.canParse(url) || !isLoopback(new URL(url).hostname)) return undefined
  try {
    return readFileSync(join(settingsOf(options).directory, name), 'utf8')
  } catch {
    // There is no such directory here: what comes of that says what to do.
    return undefined
  }
}
