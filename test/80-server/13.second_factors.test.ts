import t from 'tap'
import { stepAt, totpCode } from '../../lib/access/factors/totp.js'
import { secretOf, totpOf } from '../support/totp.js'
import { bothWays, json, mortise } from './house.js'
import { onTerminal } from './terminal.js'

const password = 'correct horse battery'

t.test('Second factors by the command line, on a directory and against a server', async (t) => {
  const { server, directory, url } = await bothWays(t)
  for (const [way, run] of Object.entries({ directory, url })) {
    const who = `${way}@example.org`
    await run(['principal', 'create', who])
    await run(['principal', 'password', who], `${password}\n`)
    const login = async (input: string) => {
      const { stdout, stderr } = await mortise(['login', who, '--url', server.url], { input })
      return { token: stdout.toString().trim(), stderr }
    }
    const first = await login(`${password}\n`)
    t.match(first.token, /^mrt_/)
    const as = (token: string) => (args: readonly string[], input?: string) =>
      way === 'directory'
        ? run([...args, '--as', who], input)
        : mortise([...args, '--url', server.url], { env: { MORTISE_TOKEN: token }, input: input ?? '' })
    const own = as(first.token)

    const shown = (await own(['mfa', 'enrol'])).stdout.toString()
    t.match(shown, /▄|▀/, 'a QR code')
    t.match(shown, /Then: mortise mfa confirm [0-9a-f-]{36}/)
    const { id, uri } = json(await own(['mfa', 'enrol', '--label', 'phone', '--json']))
    t.match(await own(['mfa', 'confirm', id], '000000x\n'), { code: 1, stderr: /MORTISE_INPUT_INVALID/ })
    const code = totpOf(uri)
    t.match(json(await own(['mfa', 'confirm', id, '--json'], `${code}\n`)), {
      id,
      method: 'totp',
      label: 'phone',
    })
    t.match((await own(['mfa', 'list'])).stdout.toString(), /totp +phone +\S+\nrecovery codes left: 0/)
    const codes = (await own(['mfa', 'codes'])).stdout.toString().trim().split('\n')
    t.equal(codes.length, 10)
    t.match(json(await run(['mfa', 'list', '--principal', who, '--json'])), { recoveryCodes: 10 })

    t.match(await login(`${password}\n`), { token: '', stderr: /MORTISE_AUTH_REQUIRED/ })
    t.match(await login(`${password}\n${code}\n`), { token: '' }, 'the code was used')
    const second = await login(`${password}\n${codes[0]?.toLowerCase()}\n`)
    t.match(second.token, /^mrt_/, 'a recovery code')

    const set = ['mfa', 'policy', 'set', way, '--principal', who, '--method', 'totp', '--step-up', 'Create']
    t.match(json(await run([...set, '--json'])), {
      name: way,
      methods: ['totp'],
      stepUp: ['Create'],
      minutes: 10,
    })
    t.match((await run(['mfa', 'policy', 'list'])).stdout.toString(), new RegExp(`${way} .*totp +Create +10`))
    const later = as(second.token)
    if (way === 'url') {
      t.match(await later(['keys', 'create']), { code: 1, stderr: /MORTISE_AUTH_STEP_UP_REQUIRED/ })
      // Of the step after the one that was used.
      const next = totpCode(secretOf(uri), stepAt(Date.now()) + 1)
      t.match(await later(['mfa', 'prove'], `${next}\n`), { code: 0, stdout: /method +totp/ })
      t.match(await later(['keys', 'create']), { code: 0 })
    }
    t.match(await run(['mfa', 'policy', 'delete', way]), { code: 0 })
    t.match(await later(['mfa', 'remove', id]), { code: 0 })
    t.match(json(await run(['mfa', 'list', '--principal', who, '--json'])), { factors: [], recoveryCodes: 0 })
    t.match((await login(`${password}\n`)).token, /^mrt_/)
  }
})

t.test('A login on a terminal asks for the code', async (t) => {
  const { server, directory } = await bothWays(t)
  await directory(['principal', 'password', 'admin'], `${password}\n`)
  const { id, uri } = json(await directory(['mfa', 'enrol', '--json']))
  await directory(['mfa', 'confirm', id], `${totpOf(uri)}\n`)
  const [code = ''] = json(await directory(['mfa', 'codes', '--json'])).codes
  const { screen, code: exit } = await onTerminal(
    ['login', 'admin', '--url', server.url],
    [
      ['Password: ', password],
      ['Code of the app, or a recovery code: ', code],
    ],
  )
  t.equal(exit, 0)
  t.match(screen, /mrt_/)
  t.notMatch(screen, code)
})
