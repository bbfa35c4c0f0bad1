import t from 'tap'
import { json, mortise, temporary } from '../80-server/house.js'
import { onTerminal } from '../80-server/terminal.js'
import { SoftHsm, securityOfficerPin, softhsmIsThere, softhsmModule, userPin } from '../support/softhsm.js'

t.test('mortise hsm', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t)
  const directory = await temporary(t)
  const env = {
    ...hsm.environment,
    TEST_PIN: userPin,
    MORTISE_DIRECTORY: directory,
    MORTISE_HSM_TOKENS: hsm.uri('made'),
    MORTISE_HSM_KEYS: 'made',
  }
  const run = (args: readonly string[], input = '', more = {}) =>
    mortise(args, { env: { ...env, ...more }, input })

  await t.test('lists and makes tokens', async (t) => {
    const module = ['--module', softhsmModule]
    t.match(json(await run(['hsm', 'list', ...module, '--json'])), [{ state: 'not initialised' }])
    const pins = `${securityOfficerPin}\n${userPin}\n`
    t.match(json(await run(['hsm', 'init', ...module, '--label', 'made', '--json'], pins)), { label: 'made' })
    t.match(
      (await run(['hsm', 'list', ...module])).stdout.toString(),
      /^\d+ +made +\w+ +SoftHSM project.* ready$/m,
    )
    t.match(await run(['hsm', 'list', '--module', '/nowhere.so']), { code: 1, stderr: /MORTISE_HSM_MODULE/ })
  })

  await t.test('makes keys on them, lists and adopts keys, and tells how they do', async (t) => {
    t.match(json(await run(['keys', 'create', '--name', 'invoices', '--json'])), { provider: 'made' })
    await hsm.tool('made', '--keygen', '--key-type', 'aes:32', '--id', '01', '--label', 'old')
    t.match((await run(['hsm', 'keys', 'made'])).stdout.toString(), /^01 +old +secret +AES +256 +-$/m)
    t.match(json(await run(['hsm', 'adopt', 'pkcs11:token=made;id=%01', '--name', 'adopted', '--json'])), [
      { name: 'adopted', provider: 'made' },
    ])
    t.match(await run(['hsm', 'test', '--json']), { code: 0 })
  })

  await t.test('asks for PINs at a terminal, which does not show them', async (t) => {
    const [pin, officer] = ['a pin that nobody sees', 'one of an officer']
    const made = await onTerminal(
      ['hsm', 'init', '--module', softhsmModule, '--label', 'typed'],
      [
        ['PIN of the security officer: ', officer],
        ['Once more: ', officer],
        ['PIN of the user: ', pin],
        ['Once more: ', pin],
      ],
    )
    t.equal(made.code, 0, made.screen)
    t.notMatch(made.screen, /nobody|officer\r?\n.*one of/)
    const asking = {
      MORTISE_DIRECTORY: directory,
      MORTISE_HSM_TOKENS: `typed=pkcs11:token=typed?module-path=${softhsmModule}&pin-source=prompt:`,
    }
    const test = (typed: string) => onTerminal(['hsm', 'test'], [['PIN of the token typed: ', typed]], asking)
    const right = await test(pin)
    t.match(right, { code: 0, screen: /typed +passed/ })
    t.notMatch(right.screen, /nobody/)
    t.match(await test('another pin'), { code: 1, screen: /MORTISE_HSM_LOGIN_REFUSED/ })
    const piped = { ...asking, MORTISE_HSM_KEYS: 'software' }
    t.match(await run(['hsm', 'test'], `${pin}\n`, piped), { code: 0 })
  })

  await t.test('says what is wrong', async (t) => {
    const gone = { MORTISE_HSM_TOKENS: hsm.uri('gone'), MORTISE_HSM_KEYS: 'software' }
    t.match(await run(['hsm', 'test'], '', gone), { code: 1, stdout: /gone +FAILED/ })
    t.match(await run(['hsm', 'test'], '', { TEST_PIN: '9999' }), {
      code: 1,
      stderr: /MORTISE_HSM_LOGIN_REFUSED/,
    })
  })

  await t.test('a server whose root key is out of reach does not start, and says so', async (t) => {
    const root = {
      MORTISE_ROOT_KEY_HSM: 'pkcs11:token=made;object=root',
      MORTISE_DIRECTORY: await temporary(t),
    }
    t.match(await run(['keys', 'create', '--json'], '', root), { code: 0 })
    t.match(await run(['hsm', 'adopt', 'pkcs11:token=made;object=root'], '', root), {
      code: 1,
      stderr: /MORTISE_KEY_PURPOSE/,
    })
    const absent = {
      ...root,
      MORTISE_HSM_TOKENS: hsm.uri('gone'),
      MORTISE_ROOT_KEY_HSM: 'pkcs11:token=gone;object=root',
      MORTISE_HSM_KEYS: 'software',
    }
    t.match(await run(['serve', '--http-port', '0', '--memory-lock', 'preferred'], '', absent), {
      code: 1,
      stderr: /MORTISE_HSM_TOKEN_NOT_FOUND/,
    })
  })
})
