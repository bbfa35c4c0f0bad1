import { type Command, Option } from 'commander'
import { type SignatureScheme, signatureSchemes } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { readAll, wholeNumber } from '../input.js'
import { print } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface CipherOptions extends TargetOptions {
  readonly aad?: string
}

interface SignOptions extends TargetOptions {
  readonly scheme?: SignatureScheme
  readonly digested?: true
  readonly encoding?: 'der' | 'p1363'
}

/** Small data, whole in memory: one operation each. */
export function dataCommands(program: Command): void {
  addTargetOptions(program.command('encrypt <key> [file]'))
    .description('Encrypt a small file or standard input; prints base64. For files of any size: seal.')
    .option('--aad <text>', 'additional data that decrypt must be given again')
    .action(async (key: string, file: string | undefined, options: CipherOptions) => {
      const plaintext = await readAll(file)
      const ciphertext = await withClient(options, ({ keys }) => keys.encrypt(key, plaintext, aadOf(options)))
      printBytes(options, 'ciphertext', ciphertext)
    })

  addTargetOptions(program.command('decrypt <key> [file]'))
    .description('Decrypt the base64 that encrypt printed; writes the plaintext.')
    .option('--aad <text>', 'as it was given to encrypt')
    .action(async (key: string, file: string | undefined, options: CipherOptions) => {
      const ciphertext = fromBase64(await readAll(file))
      const plaintext = await withClient(options, ({ keys }) => keys.decrypt(key, ciphertext, aadOf(options)))
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
    .description('The HMAC of a file or standard input; prints base64.')
    .action(async (key: string, file: string | undefined, options: TargetOptions) => {
      const data = await readAll(file)
      printBytes(options, 'mac', await withClient(options, ({ keys }) => keys.mac(key, data)))
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

function aadOf({ aad }: CipherOptions) {
  return aad === undefined ? {} : { aad: Buffer.from(aad) }
}

function printBytes(options: TargetOptions, name: string, bytes: Buffer): void {
  const text = bytes.toString('base64')
  print(options, { [name]: text }, () => text)
}

function fromBase64(text: Buffer): Buffer {
  const compact = text.toString('latin1').replace(/\s+/g, '')
  const bytes = Buffer.from(compact, 'base64')
  if (bytes.toString('base64') !== compact)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'this is not base64')
  return bytes
}
