import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { MortiseError } from '../errors/index.js'
import { type Entry, entries, type Settings } from './schema.js'
import { unknownVariables } from './unknown_variables.js'

type Variables = Readonly<Record<string, string | undefined>>

/** Where configuration comes from. The first that has an entry decides. */
export interface ConfigSources {
  /** By flag name: `--http-port`. */
  readonly flags: Variables
  readonly environment: Variables
  /** Directory that may have a `.env`. */
  readonly workingDirectory: string
  /** File of --config; else MORTISE_CONFIG names it. */
  readonly file?: string
}

export interface Config {
  readonly settings: Settings
  /** By path: what set it, in words (`flag --http-port`, `environment MORTISE_HTTP_PORT`, `default`). */
  readonly origins: ReadonlyMap<string, string>
  /** What to tell the operator, one line each. */
  readonly warnings: readonly string[]
}

interface Found {
  readonly value: unknown
  readonly origin: string
}

/**
 * Flags, then the environment, then `.env` in the working directory, then the configuration file, then the defaults.
 *
 * @throws MORTISE_CONFIG_INVALID naming the entry and where it was set
 */
export function loadConfig({ flags, environment, workingDirectory, file }: ConfigSources): Config {
  const dotenv = readDotenv(`${workingDirectory}/.env`)
  const path = file ?? environment['MORTISE_CONFIG'] ?? dotenv['MORTISE_CONFIG']
  const document = path === undefined ? {} : readDocument(path)
  const settings: Record<string, unknown> = {}
  const origins = new Map<string, string>()
  for (const entry of entries) {
    const found =
      fromFlag(entry, flags) ??
      fromVariables(entry, environment, 'environment') ??
      fromVariables(entry, dotenv, '.env') ??
      fromDocument(entry, document, path) ??
      fromDefault(entry)
    if (found) check(entry, found)
    place(settings, entry.path.split('.'), found?.value)
    origins.set(entry.path, found?.origin ?? 'not set')
  }
  return {
    settings: settings as Settings,
    origins,
    warnings: [
      ...unknownVariables(environment, 'environment'),
      ...unknownVariables(dotenv, '.env'),
      ...unknownEntries(document, path),
    ],
  }
}

function fromFlag(entry: Entry, flags: Variables): Found | undefined {
  const text = entry.flag === undefined ? undefined : flags[entry.flag]
  if (text === undefined) return undefined
  return { value: fromText(entry, text), origin: `flag ${entry.flag}` }
}

function fromVariables(entry: Entry, variables: Variables, source: string): Found | undefined {
  const { variable, schema } = entry
  for (const name of schema.alias === undefined ? [variable] : [variable, schema.alias]) {
    const text = variables[name]
    if (text !== undefined) return { value: fromText(entry, text), origin: `${source} ${name}` }
  }
  const file = entry.secret ? variables[`${variable}_FILE`] : undefined
  if (file === undefined) return undefined
  const origin = `${source} ${variable}_FILE`
  // Editors and `echo` end a file with a line feed, which is no part of the secret.
  return { value: read(file, `${origin} (${entry.path})`).replace(/\r?\n$/, ''), origin }
}

function fromDocument(entry: Entry, document: unknown, path: string | undefined): Found | undefined {
  let value = document
  for (const name of entry.path.split('.')) value = isObject(value) ? value[name] : undefined
  return value === undefined ? undefined : { value, origin: `file ${path}` }
}

function fromDefault({ schema }: Entry): Found | undefined {
  return schema.default === undefined ? undefined : { value: schema.default, origin: 'default' }
}

/** The value that a text stands for; the text itself when it stands for none, which then does not validate. */
function fromText({ schema: { type, separator = ',' } }: Entry, text: string): unknown {
  if (type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : text
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type === 'array')
    return text
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== '')
  return text
}

function check(entry: Entry, { value, origin }: Found): void {
  const fault = faultOf(entry.schema, value)
  if (fault === undefined) return
  // A secret in the wrong place is still a secret.
  const given = entry.secret ? '' : `: ${JSON.stringify(value)}`
  throw new MortiseError(
    'MORTISE_CONFIG_INVALID',
    `${entry.path} must be ${fault}${given} (set by ${origin})`,
    {
      details: { entry: entry.path, origin },
    },
  )
}

/** What a value should have been. The schema has no more than this; a validator of all of JSON Schema loads slowly. */
function faultOf(schema: Entry['schema'], value: unknown): string | undefined {
  if (schema.type === 'integer') {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema
    const fits = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum
    return fits ? undefined : `a whole number from ${minimum} to ${maximum}`
  }
  if (schema.type === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false'
  if (schema.type === 'array')
    return Array.isArray(value) && value.every(isText) ? undefined : 'a list of texts'
  if (schema.enum)
    return schema.enum.some((choice) => choice === value) ? undefined : `one of ${schema.enum.join(', ')}`
  return isText(value) ? undefined : 'a text that is not empty'
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function place(settings: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path as [string, ...string[]]
  if (rest.length > 0) {
    settings[name] ??= {}
    place(settings[name] as Record<string, unknown>, rest, value)
  } else if (value !== undefined) {
    settings[name] = value
  }
}

function readDotenv(path: string): Variables {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw unreadable(path, '.env', error)
  }
  return parseEnv(text) as Variables
}

function readDocument(path: string): unknown {
  const text = read(path, 'the configuration file')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MortiseError('MORTISE_CONFIG_INVALID', `the configuration file ${path} is not valid JSON`, {
      cause,
    })
  }
}

/** Entries of the file that mean nothing are most likely mistyped. */
function unknownEntries(document: unknown, path: string | undefined, prefix = ''): string[] {
  if (!isObject(document)) return []
  return Object.entries(document).flatMap(([name, value]) => {
    const full = `${prefix}${name}`
    if (entries.some((entry) => entry.path === full)) return []
    if (entries.some((entry) => entry.path.startsWith(`${full}.`)))
      return unknownEntries(value, path, `${full}.`)
    return [`the entry ${full} of ${path} means nothing`]
  })
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(path, what, error)
  }
}

function unreadable(path: string, what: string, cause: unknown): MortiseError {
  const reason = (cause as Error).message
  return new MortiseError('MORTISE_CONFIG_INVALID', `${what}: ${path} cannot be read: ${reason}`, { cause })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
