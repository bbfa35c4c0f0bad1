import type { Command } from 'commander'
import type { FactorChallenge } from '../../core/index.js'
import { isMortiseError } from '../../errors/index.js'
import { answerChallenge } from '../factor_code.js'
import { AdminApi } from '../http.js'
import { readSecret } from '../input.js'
import { rootOf } from '../target.js'

interface LoggedIn {
  readonly token: string
}

export function loginCommand(program: Command): void {
  program
    .command('login <name>')
    .description(
      'Get a token for 12 hours from a server, with a password that is typed or from standard input; then with a code, where a second factor is asked for.',
    )
    .option('--connection <name>', 'where the password is known; default local_account')
    .requiredOption('--url <url>', 'the server', process.env['MORTISE_URL'])
    .action(
      async (name: string, { url, connection }: { readonly url: string; readonly connection?: string }) => {
        const { token } = await logIn(new AdminApi(url, undefined, rootOf({}, url)), name, connection)
        process.stdout.write(`${token}\n`)
      },
    )
}

async function logIn(api: AdminApi, name: string, connection: string | undefined): Promise<LoggedIn> {
  const password = await readSecret('Password: ')
  try {
    return await api.post<LoggedIn>('/login', {
      name,
      password,
      ...(connection !== undefined && { connection }),
    })
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) throw error
    const { challenge, methods } = error.details as unknown as FactorChallenge
    return api.post<LoggedIn>('/login/factor', await answerChallenge(challenge, methods))
  }
}
