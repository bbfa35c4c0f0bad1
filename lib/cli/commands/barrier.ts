import { type Command, Option } from 'commander'
import type { NewRootKey } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { Keys } from '../client.js'
import { readSecret } from '../input.js'
import { date, facts, print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

/** Names the new root key for {@link RotateOptions.environment}; the process that reads it is not the server. */
const newKeyVariable = 'MORTISE_NEW_ROOT_KEY_HEX'

interface RotateOptions extends TargetOptions {
  readonly inPlace?: true
  readonly file?: string
  readonly passphrase?: true
  readonly hsm?: string
  readonly environment?: true
}

export function barrierCommands(program: Command): void {
  const root = program.command('root').description('Change the root key that the store is sealed with.')

  addTargetOptions(root.command('rotate'))
    .description('Seal the store with another root key. Say where the new one is to be.')
    .addOption(
      new Option(
        '--in-place',
        'a new key in the file that has the present one; the old one is kept beside it',
      ),
    )
    .addOption(new Option('--file <path>', 'a new file; with --url, on the server').conflicts('inPlace'))
    .addOption(
      new Option('--passphrase', 'a passphrase, asked for or read from standard input').conflicts([
        'inPlace',
        'file',
      ]),
    )
    .addOption(
      new Option(
        '--hsm <address>',
        'a key of a token that wraps a new one: pkcs11:token=LABEL;object=KEY',
      ).conflicts(['inPlace', 'file', 'passphrase']),
    )
    .addOption(
      new Option('--environment', `the 64 hexadecimal digits in ${newKeyVariable}`).conflicts([
        'inPlace',
        'file',
        'passphrase',
        'hsm',
      ]),
    )
    .action(async (options: RotateOptions) => {
      const to = await newRootKey(options)
      const rotation = await withClient(options, ({ keys }) => keys.rotateRoot(to))
      print(options, rotation, () => facts({ ...rotation }))
      process.stderr.write(`mortise: ${advice(options, rotation.kept)}\n`)
    })

  const keyring = program
    .command('keyring')
    .description('Change the keys that everything stored is sealed with.')

  addTargetOptions(keyring.command('show'))
    .description('Root keys and versions of the keyring.')
    .action(async (options: TargetOptions) => {
      const status = await withClient(options, ({ keys }) => keys.barrierStatus())
      print(options, status, () =>
        [
          facts({ 'root key': status.roots }),
          '',
          table(
            ['VERSION', 'STATE', 'CREATED'],
            status.keyring.map(({ version, state, created }) => [version, state, date(created)]),
          ),
        ].join('\n'),
      )
    })

  addTargetOptions(keyring.command('rotate'))
    .description('Seal with a new version from now on.')
    .option('--reseal', 'seal everything older again, and remove the versions that are not needed any more')
    .action(async (options: TargetOptions & { readonly reseal?: true }) => {
      const result = await withClient(options, async ({ keys }) => {
        const { version } = await keys.rotateKeyring()
        return { version, ...(options.reseal && (await resealAll(keys))) }
      })
      print(options, result, () => facts(result))
    })

  addTargetOptions(keyring.command('reseal'))
    .description('Seal everything older again, and remove the versions that are not needed any more.')
    .action(async (options: TargetOptions) => {
      const result = await withClient(options, ({ keys }) => resealAll(keys))
      print(options, result, () => facts(result))
    })
}

/** It may be interrupted, and begun again. */
async function resealAll(keys: Keys): Promise<{ resealed: number; retired: readonly number[] }> {
  let resealed = 0
  for (let after: string | null | undefined; after !== null; ) {
    const page = await keys.reseal(after === undefined ? {} : { after })
    resealed += page.resealed
    after = page.next
  }
  const { retired } = await keys.retireKeyring()
  return { resealed, retired }
}

async function newRootKey(options: RotateOptions): Promise<NewRootKey> {
  if (options.inPlace) return { inPlace: true }
  if (options.file !== undefined) return { file: options.file }
  if (options.hsm !== undefined) return { hsm: options.hsm }
  if (options.passphrase) return { passphrase: await readSecret('New root passphrase: ') }
  if (!options.environment) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'say where the new root key is to be: --in-place, --file, --passphrase, --hsm or --environment',
    )
  }
  const hex = process.env[newKeyVariable]
  if (hex === undefined) throw new MortiseError('MORTISE_INPUT_INVALID', `${newKeyVariable} is not set`)
  return { hex }
}

function advice({ file, passphrase, hsm }: RotateOptions, kept: string | null): string {
  if (kept !== null)
    return `the old root key is in ${kept}: backups made before need it; destroy it when they are gone`
  const setting =
    file !== undefined
      ? `rootKey.path (MORTISE_ROOT_KEY_PATH) to ${file}`
      : hsm !== undefined
        ? `rootKey.hsm (MORTISE_ROOT_KEY_HSM) to ${hsm}`
        : passphrase
          ? 'rootKey.passphrase (MORTISE_ROOT_KEY_PASSPHRASE)'
          : 'rootKey.hex (MORTISE_ROOT_KEY_HEX)'
  return `before the next start set ${setting}; backups made before need the old root key`
}
