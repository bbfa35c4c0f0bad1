import { type Command, InvalidArgumentError, Option } from 'commander'
import type { AlternativeNames, IssuingSettings } from '../core/index.js'
import { collect, wholeNumber } from './input.js'

export interface NameOptions {
  readonly dns?: readonly string[]
  readonly ip?: readonly string[]
  readonly email?: readonly string[]
  readonly uri?: readonly string[]
}

export interface KeyOptions {
  readonly algorithm?: string
  readonly length?: number
  readonly curve?: string
}

export interface ValidityOptions {
  readonly days?: number
  readonly notBefore?: number
  readonly notAfter?: number
}

/** The options of alternative names. */
export function addNameOptions(command: Command): Command {
  for (const [kind, what] of [
    ['dns', 'name'],
    ['ip', 'address'],
    ['email', 'address'],
    ['uri', 'uri'],
  ])
    command.addOption(
      new Option(`--${kind} <${what}>`, 'may be repeated: an alternative name').argParser(collect),
    )
  return command
}

/** Undefined where none is given. */
export function namesOf({ dns, ip, email, uri }: NameOptions): { readonly names?: AlternativeNames } {
  const names = {
    ...(dns && { dns }),
    ...(ip && { ip }),
    ...(email && { email }),
    ...(uri && { uri }),
  }
  return Object.keys(names).length > 0 ? { names } : {}
}

/** The options of a key that signs. */
export function addKeyOptions(command: Command): Command {
  return command
    .addOption(new Option('--algorithm <name>', 'default EC').choices(['EC', 'RSA', 'Ed25519', 'Ed448']))
    .option('--length <bits>', 'of RSA, default 3072', wholeNumber)
    .addOption(new Option('--curve <name>', 'of EC, default P-256').choices(['P-256', 'P-384', 'P-521']))
}

export function keyOf({ algorithm, length, curve }: KeyOptions): KeyOptions {
  return {
    ...(algorithm !== undefined && { algorithm }),
    ...(length !== undefined && { length }),
    ...(curve !== undefined && { curve }),
  }
}

/** The options of a validity. */
export function addValidityOptions(command: Command): Command {
  return command
    .option('--days <number>', 'for how long it is valid', wholeNumber)
    .option('--not-before <date>', 'ISO 8601; default five minutes ago', moment)
    .option('--not-after <date>', 'ISO 8601; goes before --days', moment)
}

export function validityOf({ days, notBefore, notAfter }: ValidityOptions): ValidityOptions {
  return {
    ...(days !== undefined && { days }),
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
  }
}

export interface SettingOptions {
  readonly crlDays?: number
  readonly crlPartitions?: number
  readonly deltaCrls?: boolean
  readonly crlUrl?: readonly string[]
  readonly ocspUrl?: readonly string[]
  readonly issuerUrl?: readonly string[]
}

/** The options of how an authority issues. */
export function addSettingOptions(command: Command): Command {
  return command
    .option('--crl-days <number>', 'for which a CRL holds: 1 to 365, default 7', wholeNumber)
    .option(
      '--crl-partitions <number>',
      'that what is issued from now on is divided among: 1 to 100',
      wholeNumber,
    )
    .option('--delta-crls', 'revocations make delta CRLs')
    .option('--no-delta-crls', 'they make whole ones')
    .option('--crl-url <url>', 'may be repeated: where its CRL is found', collect)
    .option('--ocsp-url <url>', 'may be repeated: where its OCSP responder is found', collect)
    .option('--issuer-url <url>', 'may be repeated: where its own certificate is found', collect)
}

/** Undefined where none is given. */
export function issuingOf(options: SettingOptions): { readonly settings?: Partial<IssuingSettings> } {
  const { crlDays, crlPartitions, deltaCrls, crlUrl, ocspUrl, issuerUrl } = options
  const settings = {
    ...(crlDays !== undefined && { crlDays }),
    ...(crlPartitions !== undefined && { crlPartitions }),
    ...(deltaCrls !== undefined && { deltaCrls }),
    ...(crlUrl && { crlUrls: crlUrl }),
    ...(ocspUrl && { ocspUrls: ocspUrl }),
    ...(issuerUrl && { issuerUrls: issuerUrl }),
  }
  return Object.keys(settings).length > 0 ? { settings } : {}
}

/** Parses an option that is a date: milliseconds since 1970. */
export function moment(text: string): number {
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) throw new InvalidArgumentError('it must be a date of ISO 8601')
  return milliseconds
}
