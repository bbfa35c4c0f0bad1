/** Whatever was written once is readable for ever. README.md says how a format gets its golden file. */
import { createDecipheriv } from 'node:crypto'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { stepAt, totpCode } from '../../lib/access/factors/totp.js'
import { getOAuthScope } from '../../lib/access/index.js'
import { getGatewayPolicy } from '../../lib/gateway/index.js'
import { tokenKeyOf } from '../../lib/hsm/index.js'
import { fileOpener, openFile, openKeyManager, verifyBackup } from '../../lib/index.js'
import { buildOcspRequest, parseCertificate, parseOcspResponse } from '../../lib/x509/index.js'
import { openDatabase } from '../support/database.js'
import { keyserviceOf } from '../support/keyservice.js'
import { packageRoot } from '../support/package_root.js'
import { secretOf } from '../support/totp.js'
import type { Expected } from './expected.js'

const home = join(packageRoot, 'test/golden')
const generations = readdirSync(home).filter((name) => existsSync(join(home, name, 'expected.json')))

/** A generation, copied to where it may be written: opening migrates. One at a time. */
class Golden {
  readonly directory: string
  readonly expected: Expected

  constructor(t: Test, name: string) {
    this.directory = t.testdir()
    cpSync(join(home, name), this.directory, { recursive: true })
    // What git does not keep.
    chmodSync(join(this.directory, 'store/root-key'), 0o600)
    this.expected = JSON.parse(readFileSync(join(this.directory, 'expected.json'), 'utf8'))
  }

  bytes(file: string): Buffer {
    const path = join(this.directory, file)
    return existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
  }

  /** The first column of a query on the store. */
  query(sql: string, store = 'store'): unknown[] {
    const database = openDatabase(join(this.directory, store, 'mortise.db'))
    try {
      return database.prepare(sql).pluck().all()
    } finally {
      database.close()
    }
  }

  first(sql: string, store?: string): number | undefined {
    return (this.query(sql, store)[0] as Buffer | undefined)?.[0]
  }

  /** @param later milliseconds after it was made */
  open(store = 'store', rootKey?: { passphrase: string }, later = 0) {
    const clock = { now: () => this.expected.made + later }
    return openKeyManager({ directory: join(this.directory, store), clock, ...(rootKey && { rootKey }) })
  }
}

/**
 * Every format of docs/formats.md, and how to see that a generation has it. That it is also understood, the tests of each
 * generation below show.
 */
const formats: Readonly<Record<string, (golden: Golden) => boolean>> = {
  '0x01': (golden) => golden.bytes('record-0x01.bin')[0] === 1,
  '0x02': (golden) => golden.bytes('record-0x02.bin')[0] === 2,
  '0x03': (golden) => golden.bytes('sealed-file.bin')[0] === 3,
  '0x04': (golden) => golden.bytes('hybrid.bin')[0] === 4,
  '0x05': (golden) => golden.bytes('backup.bin')[0] === 5,
  '0x06': (golden) => golden.bytes('data-key.bin')[0] === 6,
  '0x07': (golden) => golden.bytes('record-0x07.bin')[0] === 7,
  '0x08': (golden) => golden.bytes('data-key-0x08.bin')[0] === 8,
  'root key file': (golden) => golden.bytes('store/root-key').toString().startsWith('mortise-root-key-1 '),
  'keyring, under the id of the root key': (golden) =>
    golden.first("SELECT value FROM records WHERE namespace = 'keyring'") === 2,
  'passphrase parameters': (golden) =>
    golden.first("SELECT value FROM records WHERE key = 'passphrase'", 'store-of-passphrase') === 1,
  'HMAC of a row': (golden) =>
    golden.first('SELECT mac FROM objects') === 1 && golden.first('SELECT mac FROM grants') === 1,
  'value of a record': (golden) =>
    golden.first("SELECT value FROM records WHERE namespace = 'principal'") === 1,
  'root key that a token has wrapped, under the id of the token’s key': (golden) =>
    golden.bytes('root-on-token.bin')[0] === 1,
  'material of a key on a token': (golden) => golden.bytes('material-on-token.bin')[0] === 2,
  'material of a key': (golden) =>
    golden.first('SELECT material FROM objects WHERE material IS NOT NULL') === 1,
  blob: (golden) => golden.first("SELECT substr(value, 6) FROM records WHERE namespace = 'principal'") === 1,
  'key blob': (golden) =>
    golden.first('SELECT substr(material, 6) FROM objects WHERE material IS NOT NULL') === 2,
}

/** The token is gone: what is read of it here is all that this process reads, and the record as AES-GCM has it. */
function readOnToken(t: Test, golden: Golden, plaintext: string, aad: Buffer): void {
  const record = golden.bytes('record-0x07.bin')
  if (record.length === 0) return
  t.equal(openedOfToken(record, 7, aad).toString(), plaintext, 'its record of a key on a token')
  t.match(tokenKeyOf(golden.bytes('material-on-token.bin')), {
    kind: 'secret',
    type: 'AES',
    bits: 256,
    label: 'on token',
  })
  t.equal(golden.bytes('root-on-token.bin').length, 1 + 12 + 32 + 16)
  const dataKey = golden.bytes('data-key-0x08.bin')
  if (dataKey.length > 0) t.equal(openedOfToken(dataKey, 8, aad).length, 32, 'its data key')
}

/** What AES-GCM with a key of 32 times one byte opens: the format and the version, the IV, the ciphertext, the tag. */
function openedOfToken(sealed: Buffer, key: number, aad: Buffer): Buffer {
  const opener = createDecipheriv('aes-256-gcm', Buffer.alloc(32, key), sealed.subarray(5, 17))
  opener.setAAD(Buffer.concat([sealed.subarray(0, 5), aad])).setAuthTag(sealed.subarray(-16))
  return Buffer.concat([opener.update(sealed.subarray(17, -16)), opener.final()])
}

t.test('Every format that is documented has a golden file', async (t) => {
  const text = readFileSync(join(packageRoot, 'docs/formats.md'), 'utf8')
  const [, table = ''] = /## In the store\n([\s\S]*?)\n\n\*\*/.exec(text) ?? []
  const documented = [
    ...[...text.matchAll(/^\| 0 \| 1 \| format, (0x[0-9a-f]{2}) \|/gm)].map(([, format]) => format as string),
    ...[...table.matchAll(/^\| (?!what|---)([^|]+) \|/gm)].map(([, name]) => (name as string).trim()),
  ]
  t.same(documented.sort(), Object.keys(formats).sort(), 'the list above is that of the page')
  const found = new Set<string>()
  const namespaces = new Set<unknown>()
  for (const name of generations) {
    const golden = new Golden(t, name)
    for (const [format, isIn] of Object.entries(formats)) if (isIn(golden)) found.add(format)
    for (const namespace of golden.query('SELECT DISTINCT namespace FROM records')) namespaces.add(namespace)
  }
  for (const format of Object.keys(formats)) t.ok(found.has(format), format)
  for (const [, namespace] of text.matchAll(/namespace\s+`([\w-]+)`/g)) {
    t.ok(namespaces.has(namespace), `records of the namespace ${namespace}`)
  }
})

for (const name of generations) {
  t.test(`Generation ${name} opens`, async (t) => {
    const golden = new Golden(t, name)
    const { expected } = golden
    const aad = Buffer.from(expected.aad)
    const km = await golden.open()
    t.teardown(() => km.close())
    t.same((await km.verifyAudit()).problems, [], 'its audit trail, hash by hash')
    const checkpoint = golden.bytes('checkpoint.bin').toString()
    if (checkpoint !== '') {
      const { problems } = await km.verifyAudit({ checkpoints: [checkpoint] })
      t.same(problems, [], 'against its checkpoint')
    }

    const door = { face: 'golden', request: 'golden' }
    const ann = await km.authenticate({ token: expected.token }, door)
    t.equal(ann.principal.name, 'ann', 'by token')
    const again = await km.authenticate({ name: 'ann', password: expected.password }, door)
    t.equal(again.principal.id, ann.principal.id, 'by password')
    t.ok((await ann.audit({ limit: 1000 })).records.length > 20, 'its audit records')

    for (const { id, name, state, keyVersion, mac, material } of expected.keys) {
      t.match(await ann.get(id), { name, state, keyVersion }, `${name} is ${state}`)
      if (mac === undefined || material === undefined) continue
      t.equal((await ann.mac(id, Buffer.from(expected.plaintext))).toString('hex'), mac)
      t.equal((await ann.export(id)).material.toString('hex'), material)
    }
    for (const signer of ['signer', 'edwards', 'rsa']) {
      const data = Buffer.from(expected.plaintext)
      t.ok(await ann.verify(`${signer}/public`, data, await ann.sign(signer, data)), `${signer} signs`)
    }
    t.match(await ann.storeInfo(), { name: expected.name ?? 'mortise' })
    t.equal((await ann.faceSetting('golden/setting')).toString(), expected.setting ?? '')
    const made = golden.query("SELECT key FROM records WHERE namespace = 'group'").length
    const { groups, total } = await ann.groups()
    t.equal(groups.filter(({ system }) => !system).length, made, 'its groups, in order')
    t.equal(total, groups.length)
    t.match(await ann.grants('long'), [{ permissions: ['Decrypt', 'Encrypt'] }])
    t.match(await ann.grants('mac'), [{ permissions: ['MAC'] }])

    for (const { file, key, format } of expected.files) {
      const options = { aad, ...(format && { format }) }
      t.equal(
        (await ann.decrypt(key, golden.bytes(`${file}.bin`), options)).toString(),
        expected.plaintext,
        file,
      )
    }
    const dataKey = golden.bytes('data-key.bin')
    if (dataKey.length > 0) {
      const cipher = await ann.decryptDataKey('long', dataKey, { aad })
      const record = golden.bytes('record-of-data-key.bin')
      t.equal(cipher.open(record, aad).toString(), expected.plaintext, 'its data key')
      await cipher.close()
    }
    if (expected.applications) {
      const name = { application: 'GOLDEN', reference: 'BASE' }
      const sealed = Buffer.from(expected.applications.sealed, 'base64')
      t.equal((await ann.keymanager.decrypt(name, sealed, { aad })).toString(), expected.plaintext)
      const again = await ann.keymanager.encrypt(name, sealed)
      t.same(await ann.keymanager.decrypt(name, again), sealed, 'its applications')
    }
    if (expected.keymanager) {
      const { partner, attribute, license } = expected.keymanager
      const { partners, secrets, licenses } = ann.keymanager
      const { certificate, signed } = await partners.get(partner)
      for (const one of [certificate, signed]) t.ok(await partners.isTrusted('AUTH', one), 'its partner')
      const value = Buffer.from(attribute, 'base64')
      const [opened] = await secrets.decrypt('golden', [{ identifier: 'x', value }])
      t.equal(Buffer.from(opened?.value ?? []).toString(), expected.plaintext, 'its random key')
      t.same(await licenses.permissions('golden', license), ['OTP Trigger'], 'its licence')
    }
    readOnToken(t, golden, expected.plaintext, aad)
    let opener: Awaited<ReturnType<typeof fileOpener>> | undefined
    const openerOf = async (key: string) => (opener = await fileOpener(ann, key))
    const content = openFile(openerOf, Readable.from([golden.bytes('sealed-file.bin')]))
    t.equal((await buffer(content)).toString(), expected.plaintext, 'its sealed file')
    await opener?.close()
    t.ok(await ann.encrypt('short', aad), 'its counts of uses go on')

    const other = await golden.open('store-of-passphrase', { passphrase: expected.passphrase })
    t.match(await other.as('ann'), { principal: { name: 'ann' } }, 'its store under a passphrase')
    await other.close()
    if (expected.backup !== undefined) {
      const { manifest, auditProblems } = await verifyBackup(
        join(golden.directory, 'backup.bin'),
        expected.passphrase,
      )
      t.match({ ...manifest, auditProblems }, { backup: expected.backup, auditProblems: 0 })
    }
  })
}

for (const name of generations) {
  t.test(`The authorities of generation ${name} issue`, async (t) => {
    const golden = new Golden(t, name)
    const { authorities } = golden.expected
    if (!authorities) return t.comment('it has none')
    const km = await golden.open()
    t.teardown(() => km.close())
    const ann = await km.as('ann')
    t.match((await ann.authorities()).authorities, [
      { name: 'root ca', kind: 'local', state: 'active', chain: [] },
      { name: 'issuing', state: 'active', chain: [/BEGIN/], issuer: 'CN=Golden Root,O=Example' },
      { name: 'elsewhere', kind: 'external', subject: 'CN=Golden Root,O=Example' },
    ])
    t.match(await ann.getCertificate('issuing', authorities.valid), { state: 'active', profile: 'golden' })
    t.match(await ann.findCertificates({ serial: authorities.serial }), { total: 1 })
    t.match(await ann.getCertificate('issuing', authorities.revoked), { reason: 'keyCompromise' })
    t.match(await ann.crl('issuing'), { entries: 1 })
    t.match(await ann.createCrl('issuing'), { entries: 1 }, 'its numbers go on')
    const { id, certificate } = await ann.getAuthority('issuing')
    const certId = { issuer: parseCertificate(certificate ?? ''), serialNumber: authorities.serial }
    const { der } = await km.publisher.ocsp(id, buildOcspRequest([certId]))
    t.match(parseOcspResponse(der), { basic: { responses: [{ status: 'good' }] } }, 'it answers by OCSP')
    const signers = golden.query("SELECT count(*) FROM records WHERE namespace = 'ocsp-signer'")
    t.same(signers, [1], 'with the signer that it had, or its first')
    const { request } = await ann.createCertificateRequest({ subject: 'CN=new' })
    t.match(await ann.certify('issuing', { profile: 'golden', request }), { state: 'active' })
  })
}

for (const name of generations) {
  t.test(`The users of the keyservice of generation ${name} have what they kept`, async (t) => {
    const golden = new Golden(t, name)
    const { keyservice: kept, made } = golden.expected
    if (!kept) return t.comment('it has none')
    const km = await golden.open()
    t.teardown(() => km.close())
    const keyservice = await keyserviceOf(km, made)
    t.equal(await keyservice.get(kept.client), kept.kept[1])
    const other = await keyservice.connect(kept.service, kept.initToken, kept.user)
    t.match(await km.asHost().restoreKeyservice('site', kept.user), { restored: 1 })
    t.equal(await keyservice.get(other), kept.kept[0], 'what was there before')
  })
}

for (const name of generations) {
  t.test(`The people of generation ${name} come in`, async (t) => {
    const golden = new Golden(t, name)
    const { people, password, made } = golden.expected
    if (!people) return t.comment('it has none')
    const door = { face: 'golden', request: 'golden' }
    const km = await golden.open()
    const ann = await km.as('ann')
    const factors = [{ method: 'password' }, { method: 'recovery' }]
    const carol = await km.authenticate({ token: people.token }, door)
    t.match(carol, { principal: { name: 'carol' }, login: { label: 'golden', factors } }, 'by session')
    const next = await km.refresh({ refreshToken: people.refreshToken }, door)
    t.match(next, { session: { id: carol.login?.id, factors } }, 'which goes on')
    const enrolled = { factors: [{ method: 'passkey' }, { method: 'totp' }], recoveryCodes: 9 }
    const listed = await carol.factors()
    const sorted = [...listed.factors].sort((a, b) => a.method.localeCompare(b.method))
    t.match({ ...listed, factors: sorted }, enrolled)
    t.match(await ann.getUser('carol'), {
      email: 'carol@example.org',
      userMetadata: { golden: true },
      certificateSubject: 'CN=carol',
      passwordPolicy: 'strict',
      loginsCount: 1,
    })
    t.match((await ann.users({ email: 'carol@example.org' })).users, [{ name: 'carol' }])
    t.match(await ann.getPasswordPolicy('strict'), { minimumLength: 14, lockoutThresholds: [60] })
    const settings = { issuer: 'https://id.example.org' }
    t.match(await ann.getConnection('corp'), { kind: 'oidc', settings, groups: { staff: /^[0-9a-f-]{36}$/ } })
    const outside = await km.enter({ connection: 'corp', subject: '1', profile: {} }, door)
    t.equal(outside.principal.name, 'carol', 'by identity')
    t.match(await ann.factorPolicies(), [{ name: 'people', stepUp: ['Export'] }])
    t.match(await ann.quorumPolicies(), [{ act: 'Destroy', groupName: 'readers' }])
    t.match((await (await km.as('bob')).quorumRequests()).requests, [{ operation: 'Destroy' }])
    const locked = { code: 'MORTISE_AUTH_REQUIRED' }
    await t.rejects(km.authenticate({ name: 'dave', password }, door), locked)
    await km.close()

    const later = await golden.open('store', undefined, 60 * 60_000)
    t.teardown(() => later.close())
    t.ok(await later.authenticate({ name: 'dave', password }, door), 'until the lock ends')
    const totp = totpCode(secretOf(people.app), stepAt(made + 60 * 60_000))
    for (const answer of [{ totp }, { recovery: people.recovery }]) {
      const asked = await later.authenticate({ name: 'carol', password }, door).catch((error) => error)
      t.match(asked, { code: 'MORTISE_AUTH_FACTOR_REQUIRED' })
      const { challenge } = asked.details
      t.match(await later.authenticate({ challenge, ...answer }, door), { principal: { name: 'carol' } })
    }
  })
}

for (const name of generations) {
  t.test(`The OAuth client of generation ${name} comes in`, async (t) => {
    const golden = new Golden(t, name)
    const { client } = golden.expected
    if (!client) return t.comment('it has none')
    const km = await golden.open()
    t.teardown(() => km.close())
    const door = { face: 'golden', request: 'golden' }
    const robot = await km.authenticate({ token: client.token }, door)
    t.match(robot, { principal: { name: 'robot', kind: 'client' }, login: { grant: 'client_credentials' } })
    const [signing, before] = await km.tokenKeys()
    const kidOf = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
    t.equal(kidOf(client.token), before?.['kid'])
    for (const secret of client.secrets) {
      const proof = { client: 'robot', secret, method: 'client_secret_basic' } as const
      const { text } = await km.grantToken(
        proof,
        { grant: 'client_credentials', issuer: 'https://golden.example.org' },
        door,
      )
      t.equal(kidOf(text), signing?.['kid'])
    }
    const ann = await km.as('ann')
    t.match(await ann.getClient('robot'), {
      audience: 'golden',
      grants: ['client_credentials'],
      secrets: [{}, {}],
    })
    t.match(await km.judgeToken(client.token), { active: true, token: { claims: { client_id: 'robot' } } })
    const { gateway } = client
    if (!gateway) return
    t.match(await ann.clientSecrets('gateway'), [{ text: gateway.secret }])
    t.match(await km.judgeToken(gateway.token), {
      active: true,
      token: { claims: { keytype: 'PRODUCTION' } },
    })
    const itself = await km.authenticateRegistration('gateway', gateway.registrationToken, door)
    t.match(await itself.getOwnClient(), { owner: 'ann', scopes: ['read'], tokenFormat: 'opaque' })
    const proof = { client: 'gateway', secret: gateway.secret, method: 'client_secret_post' } as const
    const { refreshToken } = gateway
    const asked = { grant: 'refresh_token', issuer: 'https://golden.example.org', refreshToken } as const
    t.match(await km.grantToken(proof, asked, door), { scope: 'read' })
    if (!golden.expected.sold) return
    const call = { context: '/golden', version: '1', matchingResource: '/*', httpVerb: 'GET' }
    t.match(await ann.validateKey({ ...call, accessToken: gateway.token }, null), { authorized: true })
    t.match(await ann.run(getOAuthScope, { scope: 'golden' }), { bindings: ['golden'], api: null })
    t.match(await ann.run(getGatewayPolicy, { key: 'golden' }), { name: 'Golden' })
  })
}
