import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { isMortiseError } from '../../errors/index.js'
import type { Keys } from '../client.js'
import { facts, print } from '../output.js'
import { addTargetOptions, settingsOf, type TargetOptions, withClient } from '../target.js'
import { urlOf } from '../url.js'

interface InitOptions extends TargetOptions {
  readonly username: string
}

export function ciphertrustCommands(program: Command): void {
  const ciphertrust = program
    .command('ciphertrust')
    .description('Serve clients of CipherTrust Manager (docs/ciphertrust.md).')

  addTargetOptions(ciphertrust.command('init'))
    .description(
      'Make the user that an integration logs in as, an administrator, and print what its form asks for. ' +
        'For a user that is there already it sets another password.',
    )
    .option('--username <name>', 'what it is called', 'integration')
    .action(async ({ username, ...options }: InitOptions) => {
      const password = newPassword()
      await withClient(options, ({ keys }) => makeUser(keys, username, password))
      const serverUrl = options.url ?? urlOf(settingsOf(options))
      print(options, { serverUrl, username, password }, () =>
        facts({ 'Server URL': serverUrl, Username: username, Password: password }),
      )
      if (options.url === undefined && !settingsOf(options).faces.ciphertrust) {
        process.stderr.write('mortise: /api/v1 is off: serve with --faces-ciphertrust true\n')
      }
    })
}

async function makeUser(keys: Keys, name: string, password: string): Promise<void> {
  try {
    await keys.createPrincipal({ name, password, permissions: [], methods: ['password'] })
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_PRINCIPAL_EXISTS')) throw error
    await keys.setPassword(name, password)
  }
  await keys.addMember('admin', name)
}

/** 144 random bits, and of each kind of character that a password policy may ask for. */
function newPassword(): string {
  return `${randomBytes(18).toString('base64url')}-aA1`
}
