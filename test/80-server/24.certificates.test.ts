import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openssl } from '../15-x509/openssl.js'
import { bothWays, json } from './house.js'

t.test('Authorities, certificates, CRLs and requests', async (t) => {
  const { directory, url } = await bothWays(t)
  const files = t.testdir()
  for (const [way, run] of Object.entries({ directory, url })) {
    const file = (name: string) => join(files, `${way}-${name}`)
    const [root, issuing] = [`${way} root`, `${way} issuing`]
    const made = ['ca', 'create', '--name', root, '--subject', `CN=${way} root,O=Example`, '--crl-days', '3']
    t.match(await run(made), { code: 0, stdout: /state +pending[\s\S]*BEGIN CERTIFICATE REQUEST/ })
    t.match(json(await run(['ca', 'self-sign', root, '--path-length', '1', '--json'])), { state: 'active' })
    const below = ['ca', 'create', '--name', issuing, '--subject', `CN=${way} issuing`, '--json']
    writeFileSync(file('ca.csr'), json(await run(below)).request)
    t.match(await run(['ca', 'list', '--state', 'pending']), { stdout: new RegExp(issuing) })
    writeFileSync(
      file('ca.pem'),
      (await run(['cert', 'issue', root, file('ca.csr'), '--profile', 'ca'])).stdout,
    )
    const installed = await run(['ca', 'install', issuing, file('ca.pem'), '--parent', root, '--json'])
    t.match(json(installed), { state: 'active', chain: [/BEGIN CERTIFICATE/] })
    t.match(json(await run(['ca', 'set', issuing, '--disable', '--json'])), { state: 'disabled' })
    t.match(json(await run(['ca', 'set', issuing, '--enable', '--crl-days', '5', '--json'])), {
      state: 'active',
      settings: { crlDays: 5 },
    })

    const csr = ['csr', 'create', '--subject', 'CN=www.example.org', '--dns', 'www.example.org']
    const asked = await run([...csr, '--key-out', file('key'), '--password'], 'a password\n')
    t.match(asked, { code: 0, stdout: /BEGIN CERTIFICATE REQUEST/ })
    t.match(readFileSync(file('key'), 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/)
    t.equal(statSync(file('key')).mode & 0o777, 0o600)
    const dry = await run(['cert', 'issue', issuing, '--dry-run'], asked.stdout)
    t.match(dry, { code: 0, stdout: /subject +CN=www.example.org/ })
    const issued = await run(['cert', 'issue', issuing, '--days', '9'], asked.stdout)
    t.match(issued, { code: 0, stdout: /^-----BEGIN CERTIFICATE/ })
    const create = [
      'cert',
      'create',
      issuing,
      '--subject',
      'CN=mail.example.org',
      '--dns',
      'mail.example.org',
    ]
    const pair = await run([...create, '--out', file('p12')], 'a password\n')
    t.match(pair, { code: 0, stdout: /^(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n){3}$/ })
    t.equal(statSync(file('p12')).mode & 0o777, 0o600)
    const opened = openssl(['pkcs12', '-in', 'x', '-noout', '-passin', 'pass:a password'], {
      x: readFileSync(file('p12')),
    })
    t.ok(opened.ok, opened.text)
    const chain = (await run(['ca', 'get', issuing, '--chain'])).stdout
    const verified = openssl(['verify', '-CAfile', 'chain.pem', 'leaf.pem'], {
      'chain.pem': chain,
      'leaf.pem': issued.stdout,
    })
    t.ok(verified.ok, verified.text)
    const { certificates } = json(await run(['cert', 'list', issuing, '--state', 'active', '--json']))
    const { id, serial } = certificates.find(
      (one: { commonName: string }) => one.commonName === 'www.example.org',
    )
    t.match(await run(['cert', 'find', '--common-name', 'www.example.org']), { stdout: new RegExp(id) })
    t.match(json(await run(['cert', 'find', '--serial', serial, '--json'])), { total: 1 })
    t.match(await run(['cert', 'find']), { code: 1, stderr: /\(MORTISE_INPUT_INVALID\)/ })
    t.match(await run(['cert', 'get', issuing, id, '--pem']), { stdout: issued.stdout })
    const hold = ['cert', 'revoke', issuing, id, '--reason', 'certificateHold', '--json']
    t.match(json(await run(hold)), { state: 'held' })
    t.match(json(await run(['cert', 'resume', issuing, id, '--json'])), { state: 'active' })
    const final = [
      'cert',
      'revoke',
      issuing,
      id,
      '--reason',
      'keyCompromise',
      '--invalid-since',
      '2020-01-01',
    ]
    t.match(await run(final), { code: 0, stdout: /reason +keyCompromise/ })
    t.match(await run(['crl', 'create', issuing, '--out', file('crl')]), { code: 0, stdout: /entries +1/ })
    const crl = openssl(['crl', '-in', 'c', '-inform', 'DER', '-noout', '-text'], {
      c: readFileSync(file('crl')),
    })
    t.match(crl.text, /Key Compromise/)
    t.match(json(await run(['crl', 'get', issuing, '--json'])), { entries: 1 })
    t.match(await run(['cert', 'delete', issuing, id]), { code: 0 })
    t.match(await run(['cert', 'list', issuing]), { code: 0, stdout: /^ID/ })

    const profile = `${way}-profile`
    const fields = JSON.stringify({ keyUsage: ['digitalSignature'], names: ['email'], days: 3 })
    t.match(json(await run(['cert', 'profile', 'set', profile, '--json'], fields)), { days: 3 })
    t.match(await run(['cert', 'profile', 'set', profile], '{'), { code: 1, stderr: /MORTISE_INPUT_INVALID/ })
    t.match(await run(['cert', 'profile', 'list']), { stdout: new RegExp(`server[\\s\\S]*${profile}`) })
    t.match(await run(['cert', 'profile', 'delete', profile]), { code: 0 })
    writeFileSync(file('chain'), json(await run(['ca', 'get', root, '--json'])).certificate)
    const register = ['ca', 'register', file('chain'), '--name', `${way} elsewhere`, '--json']
    t.match(json(await run(register)), { kind: 'external', trust: { clients: false, users: false } })
    const set = ['ca', 'set', `${way} elsewhere`, '--json']
    t.match(json(await run([...set, '--trust', 'clients'])), { trust: { clients: true, users: false } })
    t.match(json(await run([...set, '--no-trust'])), { trust: { clients: false, users: false } })
    t.match(await run([...set, '--trust', 'everybody']), { stderr: /clients or users/ })
    t.match(await run(['ca', 'delete', issuing]), { code: 0 })
    t.match(await run(['ca', 'get', issuing]), { code: 1, stderr: /\(MORTISE_KEY_NOT_FOUND\)/ })
  }
})
