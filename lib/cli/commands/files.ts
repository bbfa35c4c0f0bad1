import type { Command } from 'commander'
import { type FileOpener, openFile, sealFile } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { readPieces } from '../input.js'
import { withProgress } from '../progress.js'
import { writePieces } from '../sink.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface FileOptions extends TargetOptions {
  readonly output?: string
}

/** Files and streams of any size. */
export function fileCommands(program: Command): void {
  addFileOptions(program.command('seal <key> [file]'))
    .description('Seal a file or standard input with an AES key.')
    .action(async (key: string, file: string | undefined, options: FileOptions) => {
      if (options.output === undefined && process.stdout.isTTY) {
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          'a sealed file is not for terminals: name one with --output',
        )
      }
      await withClient(options, async (client) => {
        const sealer = await client.fileSealer(key)
        try {
          await writePieces(options.output, sealFile(sealer, withProgress(file, readPieces(file))))
        } finally {
          await sealer.close()
        }
      })
    })

  addFileOptions(program.command('open [file]'))
    .description('Open a sealed file or stream with the key that it names.')
    .addHelpText(
      'after',
      `
Every byte that comes out was authenticated. What goes to standard output is written as it is opened, so a file that was
cut off shows only at its end: believe it when the exit code is 0. A file named with --output appears only then.`,
    )
    .action(async (file: string | undefined, options: FileOptions) => {
      await withClient(options, async (client) => {
        let opener: FileOpener | undefined
        const openerOf = async (keyId: string) => {
          opener = await client.fileOpener(keyId)
          return opener
        }
        try {
          await writePieces(options.output, openFile(openerOf, withProgress(file, readPieces(file))))
        } finally {
          await opener?.close()
        }
      })
    })
}

function addFileOptions(command: Command): Command {
  return addTargetOptions(command).option(
    '-o, --output <file>',
    'file of mode 0600 instead of standard output',
  )
}
