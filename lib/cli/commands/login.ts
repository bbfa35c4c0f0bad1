import type { Command } from 'commander'
import type { FactorChallenge } from '../../core/index.js'
import { isMortiseError } from '../../errors/index.js'
import { answerChallenge } from '../factor_code.js'
import { AdminApi } from '../http.js'
import { readSecret } from '../input.js'

interface LoggedIn {
  readonly token: string
}

export function loginCommand(program: Command): void {
  program
    .command('login <name>')
    .description(
      'Get a token for 12 hours from a server, with a password that is typed or from standard input; then with a code, where a second factor is asked for.',
    )
    .requiredOption('--url <url>', 'the server', process.env['MORTISE_URL'])
    .action(async (name: string, { url }: { readonly url: string }) => {
      const { token } = await logIn(new AdminApi(url, undefined), name)
      process.stdout.write(`${token}\n`)
    })
}

async function logIn(api: AdminApi, name: string): Promise<LoggedIn> {
  const password = await readSecret('Password: ')
  try {
    return await api.post<LoggedIn>('/login', { name, password })
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) throw error
    const { challenge, methods } = error.details as unknown as FactorChallenge
    return api.post<LoggedIn>('/login/factor', await answerChallenge(challenge, methods))
  }
}
