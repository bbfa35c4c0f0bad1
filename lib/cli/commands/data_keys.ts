import type { Command } from 'commander'
import { fromBase64, readAll } from '../input.js'
import { print, printBytes } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface DataKeyOptions extends TargetOptions {
  readonly aad?: string
}

/** Envelope encryption for programs that use the data key themselves. */
export function dataKeyCommands(program: Command): void {
  const dataKey = program.command('data-key').description('Data keys, which are kept wrapped by a key.')

  addDataKeyOptions(dataKey.command('generate <key>'))
    .description('Make a data key; prints the base64 of its wrapped form.')
    .option('--plaintext', 'prints JSON that has the clear data key too: needs ExportDataKey')
    .action(async (key: string, options: DataKeyOptions & { readonly plaintext?: true }) => {
      const made = await withClient(options, ({ keys }) =>
        keys.generateWrappedDataKey(key, {
          ...aadOf(options),
          ...(options.plaintext && { plaintext: true }),
        }),
      )
      const { plaintext, keyId, keyVersion } = made
      const wrapped = made.wrapped.toString('base64')
      const all = {
        wrapped,
        ...(plaintext && { plaintext: plaintext.toString('base64') }),
        keyId,
        keyVersion,
      }
      plaintext?.fill(0)
      print(options, all, () => (plaintext ? JSON.stringify(all) : wrapped))
    })

  addDataKeyOptions(dataKey.command('decrypt <key> [file]'))
    .description('Print the base64 of a data key in the clear, from its wrapped form: needs ExportDataKey.')
    .action(async (key: string, file: string | undefined, options: DataKeyOptions) => {
      const wrapped = fromBase64(await readAll(file))
      const plaintext = await withClient(options, ({ keys }) =>
        keys.exportDataKey(key, wrapped, aadOf(options)),
      )
      printBytes(options, 'plaintext', plaintext)
      plaintext.fill(0)
    })

  addDataKeyOptions(dataKey.command('rewrap <key> [file]'))
    .description('Wrap a data key by the newest version of its key; prints base64.')
    .action(async (key: string, file: string | undefined, options: DataKeyOptions) => {
      const wrapped = fromBase64(await readAll(file))
      const made = await withClient(options, ({ keys }) => keys.rewrapDataKey(key, wrapped, aadOf(options)))
      printBytes(options, 'wrapped', made.wrapped)
    })
}

function addDataKeyOptions(command: Command): Command {
  return addTargetOptions(command).option('--aad <text>', 'additional data, the same each time')
}

function aadOf({ aad }: DataKeyOptions) {
  return aad === undefined ? {} : { aad: Buffer.from(aad) }
}
