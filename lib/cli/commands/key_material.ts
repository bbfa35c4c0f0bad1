import { type Command, Option } from 'commander'
import {
  type KdfMethod,
  type KeyFormat,
  kdfHashes,
  kdfMethods,
  keyFormats,
  type ObjectInfo,
  type RegisterShareInput,
  type SplitMethod,
  splitMethods,
  type Usage,
  type WrapMethod,
  wrapMethods,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { fromBase64, readAll, readSecret, wholeNumber } from '../input.js'
import { print, table } from '../output.js'
import { writePieces } from '../sink.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'
import {
  type AttributeOptions,
  addAttributeOptions,
  attributesOf,
  printInfo,
  usageOption,
} from './key_options.js'

interface WrappingOptions {
  readonly wrappedBy?: string
  readonly wrapMethod: WrapMethod
}

interface ImportOptions extends AttributeOptions, WrappingOptions {
  readonly format?: KeyFormat
  readonly algorithm?: string
  readonly base64?: true
  readonly password?: true
  readonly usage?: readonly Usage[]
}

interface ExportOptions extends TargetOptions, WrappingOptions {
  readonly format?: KeyFormat
  readonly encoding?: 'der' | 'pem'
  readonly password?: true
  readonly output?: string
}

interface DeriveOptions extends AttributeOptions {
  readonly algorithm: string
  readonly length?: number
  readonly method: KdfMethod
  readonly hash: (typeof kdfHashes)[number]
  readonly salt?: string
  readonly info?: string
  readonly context?: string
  readonly iterations?: number
  readonly peer?: string
  readonly usage?: readonly Usage[]
}

interface SplitOptions extends TargetOptions {
  readonly parts: number
  readonly threshold?: number
  readonly method: SplitMethod
  readonly name?: string
  readonly extractable?: true
}

interface ShareOptions extends TargetOptions {
  readonly info: string
  readonly name?: string
  readonly extractable?: true
}

/** Commands of keys that come in, go out, and are made of other keys. */
export function keyMaterialCommands(keys: Command): void {
  addWrappingOptions(addAttributeOptions(keys.command('import [file]')))
    .description(
      'Take in a key from a file or standard input: PKCS#1, PKCS#8, SEC1 or SPKI as DER or PEM, JWK, raw bytes, or wrapped by a key.',
    )
    .addOption(new Option('--format <format>', 'found out, but for raw bytes').choices(keyFormats))
    .option('--algorithm <name>', 'needed for raw bytes, secret keys as JWK, and wrapped keys')
    .option('--base64', 'the input is base64, as export prints symmetric and wrapped keys')
    .option('--password', 'ask for the password of encrypted PKCS#8; the key comes from a file')
    .addOption(usageOption())
    .action(async (file: string | undefined, options: ImportOptions) => {
      const { format, algorithm, usage } = options
      const password = options.password && (await readSecret('Password of the key: '))
      const bytes = await readAll(file)
      const material = options.base64 ? fromBase64(bytes) : bytes
      try {
        const input = {
          material,
          ...(format && { format }),
          ...(algorithm !== undefined && { algorithm }),
          ...(password !== undefined && { password }),
          ...wrappingOf(options),
          ...(usage && { usage }),
          ...attributesOf(options),
        }
        printInfo(options, await withClient(options, ({ keys }) => keys.register(input)))
      } finally {
        bytes.fill(0)
        material.fill(0)
      }
    })

  addWrappingOptions(addTargetOptions(keys.command('export <key>')))
    .description(
      'Write a key that was made extractable: PEM of a pair’s keys, base64 of a symmetric or a wrapped one.',
    )
    .addOption(new Option('--format <format>', 'by default as the key is').choices(keyFormats))
    .addOption(
      new Option('--encoding <encoding>', 'by default PEM where there is one').choices(['der', 'pem']),
    )
    .option('--password', 'ask for a password that encrypts PKCS#8')
    .option('-o, --output <file>', 'file of mode 0600 instead of standard output')
    .action(async (key: string, options: ExportOptions) => {
      const password = options.password && (await readSecret('Password for the key: '))
      await writePieces(options.output, once(await exported(key, options, password)))
    })

  addAttributeOptions(keys.command('derive <base>'))
    .description('Make a symmetric key out of another one, or of a secret agreed with a peer.')
    .option('--algorithm <name>', 'of the derived key', 'AES')
    .option('--length <bits>', 'length in bits', wholeNumber)
    .addOption(new Option('--method <method>').choices(kdfMethods).default('HKDF'))
    .addOption(new Option('--hash <hash>').choices(kdfHashes).default('SHA-256'))
    .option('--salt <text>', 'of HKDF and PBKDF2')
    .option('--info <text>', 'the info of HKDF, the label of the counter mode')
    .option('--context <text>', 'of the counter mode')
    .option('--iterations <number>', 'of PBKDF2', wholeNumber)
    .option('--peer <file>', 'public key of the peer of a private key: SPKI as DER or PEM, or JWK')
    .addOption(usageOption())
    .action(async (base: string, options: DeriveOptions) => {
      const { algorithm, length, method, hash, iterations, usage } = options
      const input = {
        algorithm,
        method,
        hash,
        ...(length !== undefined && { length }),
        ...(options.salt !== undefined && { salt: Buffer.from(options.salt) }),
        ...(options.info !== undefined && { info: Buffer.from(options.info) }),
        ...(options.context !== undefined && { context: Buffer.from(options.context) }),
        ...(iterations !== undefined && { iterations }),
        ...(options.peer !== undefined && { peer: await readAll(options.peer) }),
        ...(usage && { usage }),
        ...attributesOf(options),
      }
      printInfo(options, await withClient(options, ({ keys }) => keys.deriveKey(base, input)))
    })

  addTargetOptions(keys.command('split <key>'))
    .description('Split an extractable key into shares, of which a threshold makes it again.')
    .addOption(new Option('--parts <number>').argParser(wholeNumber).makeOptionMandatory())
    .option('--threshold <number>', 'how many are needed; by default all', wholeNumber)
    .addOption(new Option('--method <method>').choices(splitMethods).default('PolynomialSharingGF2_8'))
    .option('--name <name>', 'of the shares, with a number behind')
    .option('--extractable', 'the shares may be exported')
    .action(async (key: string, options: SplitOptions) => {
      const { parts, threshold, method, name, extractable } = options
      const input = {
        parts,
        method,
        ...(threshold !== undefined && { threshold }),
        ...(name !== undefined && { name }),
        ...(extractable && { extractable }),
      }
      const shares = await withClient(options, ({ keys }) => keys.splitKey(key, input))
      print(options, shares, () =>
        table(
          ['ID', 'NAME', 'PART', 'OF', 'NEEDED'],
          shares.map(({ id, name, splitKey }) => [
            id,
            name,
            splitKey?.identifier ?? null,
            splitKey?.parts ?? null,
            splitKey?.threshold ?? null,
          ]),
        ),
      )
    })

  addTargetOptions(keys.command('register-share [file]'))
    .description('Take a share in again: the base64 that export printed, from a file or standard input.')
    .addOption(new Option('--info <file>', 'what get --json printed of the share').makeOptionMandatory())
    .option('--name <name>', 'unique name')
    .option('--extractable', 'the share may be exported')
    .action(async (file: string | undefined, options: ShareOptions) => {
      const { name, extractable } = options
      const known = await shareFrom(options.info)
      const bytes = await readAll(file)
      const material = fromBase64(bytes)
      try {
        const input = {
          ...known,
          material,
          ...(name !== undefined && { name }),
          ...(extractable && { extractable }),
        }
        printInfo(options, await withClient(options, ({ keys }) => keys.registerShare(input)))
      } finally {
        bytes.fill(0)
        material.fill(0)
      }
    })

  addAttributeOptions(keys.command('join <shares...>'))
    .description('Make the key that was split of its shares.')
    .addOption(usageOption())
    .action(
      async (
        shares: readonly string[],
        options: AttributeOptions & { readonly usage?: readonly Usage[] },
      ) => {
        const { usage } = options
        const input = { ...(usage && { usage }), ...attributesOf(options) }
        printInfo(options, await withClient(options, ({ keys }) => keys.joinSplitKey(shares, input)))
      },
    )
}

/** What is needed of an ObjectInfo to register a share. */
async function shareFrom(file: string): Promise<Omit<RegisterShareInput, 'material'>> {
  let info: Partial<ObjectInfo>
  try {
    info = JSON.parse((await readAll(file)).toString())
  } catch (cause) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `${file} is not what get --json prints`, { cause })
  }
  const { algorithm, length, curve, splitKey } = info
  if (algorithm === undefined || length === undefined || !splitKey)
    throw new MortiseError('MORTISE_INPUT_INVALID', `${file} says nothing of a share of a split key`)
  // A curve says the length as well.
  return { algorithm, ...(curve ? { curve } : { length }), splitKey }
}

function addWrappingOptions(command: Command): Command {
  return command
    .option('--wrapped-by <key>', 'id or name of the key that wraps it')
    .addOption(new Option('--wrap-method <method>').choices(wrapMethods).default('AES-KWP'))
}

function wrappingOf({ wrappedBy, wrapMethod }: WrappingOptions) {
  return wrappedBy === undefined ? {} : { wrapping: { key: wrappedBy, method: wrapMethod } }
}

/** The bytes to write: PEM, DER or JSON as they are, the rest as base64. */
async function exported(key: string, options: ExportOptions, password: string | undefined): Promise<Buffer> {
  const { format: asked, encoding } = options
  const { format, material } = await withClient(options, async ({ keys }) => {
    const { type } = asked ? { type: null } : await keys.get(key)
    const hasPem = asked ? asked !== 'raw' && asked !== 'jwk' : type === 'PrivateKey' || type === 'PublicKey'
    return keys.export(key, {
      ...(asked && { format: asked }),
      ...(encoding
        ? { encoding }
        : hasPem && options.wrappedBy === undefined && { encoding: 'pem' as const }),
      ...(password !== undefined && { password }),
      ...wrappingOf(options),
    })
  })
  if (!options.json && format !== 'raw' && options.wrappedBy === undefined) return material
  const base64 = material.toString('base64')
  material.fill(0)
  return Buffer.from(options.json ? `${JSON.stringify({ format, material: base64 })}\n` : `${base64}\n`)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
