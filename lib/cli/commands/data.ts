import { type Command, Option } from 'commander'
import {
  type CipherFormat,
  type CipherMode,
  cipherFormats,
  type Hash,
  hashNames,
  modeNames,
  type SignatureScheme,
  signatureSchemes,
} from '../../core/index.js'
import { fromBase64, readAll, wholeNumber } from '../input.js'
import { print, printBytes } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface CipherOptions extends TargetOptions {
  readonly aad?: string
  readonly format?: CipherFormat
  readonly mode?: CipherMode
  readonly padding?: 'PKCS7' | 'none'
  readonly iv?: string
  readonly tag?: string
}

interface SignOptions extends TargetOptions {
  readonly scheme?: SignatureScheme
  readonly digested?: true
  readonly encoding?: 'der' | 'p1363'
}

/** Small data, whole in memory: one operation each. */
export function dataCommands(program: Command): void {
  addCipherOptions(program.command('encrypt <key> [file]'))
    .description(
      'Encrypt a small file or standard input; prints base64, in a mode JSON with its parts. For files of any size: seal.',
    )
    .action(async (key: string, file: string | undefined, options: CipherOptions) => {
      const plaintext = await readAll(file)
      const { mode } = options
      if (mode !== undefined) {
        const made = await withClient(options, ({ keys }) =>
          keys.encryptInMode(key, plaintext, { ...modeOptionsOf(options), mode }),
        )
        const parts = {
          ciphertext: made.ciphertext.toString('base64'),
          ...(made.iv && { iv: made.iv.toString('base64') }),
          ...(made.tag && { tag: made.tag.toString('base64') }),
        }
        print(options, parts, () => JSON.stringify(parts))
        return
      }
      const ciphertext = await withClient(options, ({ keys }) =>
        keys.encrypt(key, plaintext, cipherOptionsOf(options)),
      )
      printBytes(options, 'ciphertext', ciphertext)
    })

  addCipherOptions(program.command('decrypt <key> [file]'))
    .description('Decrypt the base64 that encrypt printed; writes the plaintext.')
    .option('--tag <base64>', 'of a mode that authenticates')
    .action(async (key: string, file: string | undefined, options: CipherOptions) => {
      const ciphertext = fromBase64(await readAll(file))
      const plaintext = await withClient(options, ({ keys }) =>
        keys.decrypt(key, ciphertext, {
          ...cipherOptionsOf(options),
          ...modeOptionsOf(options),
        }),
      )
      if (options.json) printBytes(options, 'plaintext', plaintext)
      else process.stdout.write(plaintext)
    })

  addSignOptions(program.command('sign <key> [file]'))
    .description('Sign a file or standard input with a private key; prints base64.')
    .action(async (key: string, file: string | undefined, options: SignOptions) => {
      const data = await readAll(file)
      const signature = await withClient(options, ({ keys }) => keys.sign(key, data, signOptionsOf(options)))
      printBytes(options, 'signature', signature)
    })

  addSignOptions(program.command('verify <key> <signature> [file]'))
    .description('Check a signature (base64) of a file or standard input. Exit code 1 when it is not valid.')
    .action(async (key: string, signature: string, file: string | undefined, options: SignOptions) => {
      const data = await readAll(file)
      const bytes = fromBase64(Buffer.from(signature))
      const valid = await withClient(options, ({ keys }) =>
        keys.verify(key, data, bytes, signOptionsOf(options)),
      )
      print(options, { valid }, () => (valid ? 'valid' : 'not valid'))
      if (!valid) process.exitCode = 1
    })

  addTargetOptions(program.command('mac <key> [file]'))
    .description('The HMAC (or CMAC, with an AES key) of a file or standard input; prints base64.')
    .action(async (key: string, file: string | undefined, options: TargetOptions) => {
      const data = await readAll(file)
      printBytes(options, 'mac', await withClient(options, ({ keys }) => keys.mac(key, data)))
    })

  addTargetOptions(program.command('mac-verify <key> <mac> [file]'))
    .description('Check a MAC (base64) of a file or standard input. Exit code 1 when it is not valid.')
    .action(async (key: string, mac: string, file: string | undefined, options: TargetOptions) => {
      const data = await readAll(file)
      const bytes = fromBase64(Buffer.from(mac))
      const valid = await withClient(options, ({ keys }) => keys.macVerify(key, data, bytes))
      print(options, { valid }, () => (valid ? 'valid' : 'not valid'))
      if (!valid) process.exitCode = 1
    })

  addTargetOptions(program.command('hash [file]'))
    .description('The hash of a file or standard input; prints base64.')
    .addOption(new Option('--hash <name>').choices(hashNames).default('SHA-256'))
    .action(async (file: string | undefined, options: TargetOptions & { readonly hash: Hash }) => {
      const data = await readAll(file)
      printBytes(options, 'hash', await withClient(options, ({ keys }) => keys.hash(data, options.hash)))
    })

  addTargetOptions(program.command('random'))
    .description('Random bytes of the native generator; prints base64.')
    .argument('<bytes>', '1 to 65536', wholeNumber)
    .action(async (bytes: number, options: TargetOptions) => {
      printBytes(options, 'bytes', await withClient(options, ({ keys }) => keys.random(bytes)))
    })
}

function addSignOptions(command: Command): Command {
  return addTargetOptions(command)
    .addOption(new Option('--scheme <scheme>').choices(Object.keys(signatureSchemes)))
    .option('--digested', 'the input is the digest already')
    .addOption(new Option('--encoding <form>', 'form of ECDSA signatures').choices(['der', 'p1363']))
}

function signOptionsOf({ scheme, digested, encoding }: SignOptions) {
  return { ...(scheme && { scheme }), ...(digested && { digested }), ...(encoding && { encoding }) }
}

function addCipherOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--aad <text>', 'additional data, the same to encrypt and to decrypt')
    .addOption(new Option('--format <format>', 'record is the default of AES keys').choices(cipherFormats))
    .addOption(new Option('--mode <mode>', 'a bare mode instead of a format').choices(modeNames))
    .addOption(new Option('--padding <padding>', 'of CBC and ECB').choices(['PKCS7', 'none']))
    .option('--iv <base64>', 'of a mode')
}

function cipherOptionsOf({ aad, format }: CipherOptions) {
  return { ...(aad !== undefined && { aad: Buffer.from(aad) }), ...(format && { format }) }
}

function modeOptionsOf({ aad, mode, padding, iv, tag }: CipherOptions) {
  return {
    ...(aad !== undefined && { aad: Buffer.from(aad) }),
    ...(mode && { mode }),
    ...(padding && { padding }),
    ...(iv !== undefined && { iv: fromBase64(Buffer.from(iv)) }),
    ...(tag !== undefined && { tag: fromBase64(Buffer.from(tag)) }),
  }
}
