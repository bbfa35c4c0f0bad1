import type { Command } from 'commander'
import {
  type BackupVerification,
  type RestoreOptions,
  restoreBackup,
  verifyBackup,
  writeBackup,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { keyManagerOptions } from '../../server/index.js'
import { readSecret } from '../input.js'
import { date, facts, print } from '../output.js'
import { addConfigOptions, addTargetOptions, settingsOf, type TargetOptions, withClient } from '../target.js'

type RestoreFlags = Pick<TargetOptions, 'directory' | 'config' | 'json'> & { readonly check?: true }

const passphraseHelp = `
The passphrase is taken from MORTISE_BACKUP_PASSPHRASE or the file that MORTISE_BACKUP_PASSPHRASE_FILE names; else it is typed.`

export function backupCommands(program: Command): void {
  addTargetOptions(program.command('backup <file>'))
    .description('Back the whole store up into a new file, while it is in use. The root key is not in it.')
    .addHelpText(
      'after',
      `${passphraseHelp}
Keep it and the root key apart from the backup: both are needed to use what is restored.
The file appears once it was opened again and proved to restore; that needs room beside it for the store.`,
    )
    .action(async (file: string, options: TargetOptions) => {
      const passphrase = await passphraseOf(options, 'choose')
      const verification = await withClient(options, async (client) =>
        writeBackup(file, await client.backup({ passphrase }), passphrase),
      )
      report(options, verification, { file })
    })

  addConfigOptions(program.command('restore <file>'))
    .description('Make a new data directory from a backup. Nothing is overwritten.')
    .option('--check', 'only check that it would restore')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `${passphraseHelp}
A root key that is configured is proved to be the right one first. Otherwise put the file root-key back into the directory
afterwards. What was changed since the backup is as it was: tokens and rights withdrawn since then hold again.`,
    )
    .action(async (file: string, { check, ...options }: RestoreFlags) => {
      const passphrase = await passphraseOf(options, 'tell')
      if (check) return report(options, await verifyBackup(file, passphrase), { file })
      const { directory, rootKey, tokens = [] } = keyManagerOptions(settingsOf(options), readSecret)
      const restore: RestoreOptions = { file, passphrase, directory, tokens, ...(rootKey && { rootKey }) }
      report(options, await restoreBackup(restore), { directory })
    })
}

async function passphraseOf(options: Pick<TargetOptions, 'directory' | 'config'>, what: 'choose' | 'tell') {
  const { passphrase } = settingsOf(options).backup
  if (passphrase !== undefined) return passphrase
  const typed = await readSecret('Passphrase of the backup: ')
  if (what === 'choose' && process.stdin.isTTY && typed !== (await readSecret('Once more: '))) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the two passphrases differ')
  }
  return typed
}

function report(
  options: { readonly json?: true },
  { manifest, auditProblems }: BackupVerification,
  where: Readonly<Record<string, string>>,
): void {
  print(options, { ...where, ...manifest, auditProblems }, () =>
    facts({ ...where, ...manifest, created: date(manifest.created), auditProblems }),
  )
  if (auditProblems > 0) {
    process.stderr.write('mortise: the audit trail was damaged when it was backed up: mortise audit verify\n')
    process.exitCode = 1
  }
}
