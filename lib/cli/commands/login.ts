import type { Command } from 'commander'
import { AdminApi } from '../http.js'
import { readSecret } from '../input.js'

export function loginCommand(program: Command): void {
  program
    .command('login <name>')
    .description(
      'Get a token for 12 hours from a server, with a password that is typed or from standard input.',
    )
    .option('--connection <name>', 'where the password is known; default local_account')
    .requiredOption('--url <url>', 'the server', process.env['MORTISE_URL'])
    .action(
      async (name: string, { url, connection }: { readonly url: string; readonly connection?: string }) => {
        const password = await readSecret('Password: ')
        const { token } = await new AdminApi(url, undefined).post<{ token: string }>('/login', {
          name,
          password,
          ...(connection !== undefined && { connection }),
        })
        process.stdout.write(`${token}\n`)
      },
    )
}
