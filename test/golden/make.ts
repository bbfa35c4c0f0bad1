/**
 * Makes a generation of golden files: `node dist/test/golden/make.js test/golden/NAME`. Never run it on a generation that
 * is there: what is read for ever is written once.
 */
import { execFileSync } from 'node:child_process'
import { createCipheriv, createPublicKey, hash, publicEncrypt } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { registerOAuthScope } from '../../lib/access/index.js'
import {
  addApplication,
  addGatewayPolicy,
  addKeyMapping,
  addSubscription,
  registerApi,
} from '../../lib/gateway/index.js'
import { fileSealer, isMortiseError, openKeyManager, type Session, sealFile } from '../../lib/index.js'
import { buildOcspRequest, parseCertificate } from '../../lib/x509/index.js'
import { Authenticator } from '../support/authenticator.js'
import { keyserviceOf, newService } from '../support/keyservice.js'
import { totpOf } from '../support/totp.js'
import type { Expected } from './expected.js'

const [directory = ''] = process.argv.slice(2)
const passphrase = 'golden passphrase'
const password = 'golden password'
const plaintext = Buffer.from('what was sealed once opens for ever')
const aad = Buffer.from('golden')

mkdirSync(directory)
const store = join(directory, 'store')
const receiver = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
await once(receiver, 'listening')
const { port } = receiver.address() as AddressInfo
const origin = 'https://golden.example.org'
const km = await openKeyManager({
  directory: store,
  auditSyslog: `tcp://127.0.0.1:${port}`,
  passkeys: { rpId: 'golden.example.org' },
})
const ann = await km.ensurePrincipal({ name: 'ann', roles: ['administrator'] })
await km.ensurePrincipal({ name: 'bob', kind: 'service' })
const me = await km.as('ann')
await km.asHost().setPassword(ann.id, password)
const token = (await me.createToken({ label: 'golden' })).text
const first = await me.checkpoint()
const files = await seal(me)
const keys = await makeKeys(me)
await me.createGroup({ name: 'readers', members: ['bob'] })
await me.createRole({ name: 'golden', system: ['AuditRead'] })
await me.setQuorumPolicy({ act: 'Destroy', scope: { namePrefix: 'guarded' }, group: 'readers', approvals: 1 })
await me.createKey({ algorithm: 'AES', name: 'guarded', activate: false })
const asked = await me.destroy('guarded').catch((error) => error)
if (!isMortiseError(asked, 'MORTISE_QUORUM_REQUIRED')) throw asked
const people = await register(me)
const authorities = await certify(me)
const client = await grantToken(me)
await sell(me)
const applications = await apply(me)
const keymanager = await trustAndSeal(me)
const name = 'golden store'
await me.setStoreInfo({ name })
const setting = 'golden setting'
await me.setFaceSetting('golden/setting', Buffer.from(setting))
const keyservice = await keepForUser(me)
while ((await km.auditHealth()).sinks[0]?.waiting !== 0) await setTimeout(100)
await me.pruneAudit({ checkpoint: first.text })
const { text } = await me.checkpoint()
await put('checkpoint', Buffer.from(text))

await onToken()

const sealer = await fileSealer(me, 'long')
await put('sealed-file', await buffer(sealFile(sealer, Readable.from([plaintext]))))
await sealer.close()
const { content, manifest } = await me.openBackup({ passphrase })
await put('backup', await buffer(content))
await km.close()
receiver.close()

const other = await openKeyManager({
  directory: join(directory, 'store-of-passphrase'),
  rootKey: { passphrase },
})
await other.ensurePrincipal({ name: 'ann' })
await other.close()

const expected: Expected = {
  made: Date.now(),
  passphrase,
  password,
  token,
  plaintext: plaintext.toString(),
  aad: aad.toString(),
  files,
  keys,
  backup: manifest.backup,
  people,
  authorities,
  client,
  sold: true,
  name,
  setting,
  keyservice,
  applications,
  keymanager,
}
writeFileSync(join(directory, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`)

/** What a user of a service keeps, a version of it that there was, and an init token that nobody has connected. */
async function keepForUser(me: Session): Promise<NonNullable<Expected['keyservice']>> {
  const service = await me.addKeyserviceService(newService('golden-service'))
  const keyservice = await keyserviceOf(km)
  const client = await keyservice.connect(service, await keyservice.init(), 'golden user')
  for (const text of ['first', 'second']) await keyservice.put(client, text)
  return {
    service,
    client,
    initToken: await keyservice.init(),
    user: 'golden user',
    kept: ['first', 'second'],
  }
}

/** A root, one below it that has issued two certificates, and one of elsewhere; a profile, a CRL, and who signs its OCSP answers. */
async function certify(me: Session): Promise<NonNullable<Expected['authorities']>> {
  await me.createAuthority({ name: 'root ca', subject: 'CN=Golden Root,O=Example' })
  const root = await me.selfSign('root ca', { days: 36_500 })
  const { request } = await me.createAuthority({ name: 'issuing', subject: 'CN=Golden Issuing,O=Example' })
  const signed = await me.certify('root ca', { profile: 'ca', request: request ?? '' })
  await me.installCertificate('issuing', { certificate: signed.certificate ?? '' })
  await me.registerAuthority({ name: 'elsewhere', certificate: root.certificate ?? '' })
  await me.setCertificateProfile('golden', {
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['clientAuth'],
  })
  const issue = async (subject: string) => {
    const { request } = await me.createCertificateRequest({ subject })
    return me.certify('issuing', { profile: 'golden', request })
  }
  const valid = await issue('CN=valid')
  const revoked = await issue('CN=revoked')
  await me.revokeCertificate('issuing', revoked.id, 'keyCompromise')
  await me.createCrl('issuing')
  const issuer = parseCertificate(signed.certificate ?? '')
  const { id } = await me.getAuthority('issuing')
  await km.publisher.ocsp(id, buildOcspRequest([{ issuer, serialNumber: valid.serial }]))
  return { revoked: revoked.id, valid: valid.id, serial: valid.serial }
}

/** An OAuth client with two secrets, and an access token that it has got with the older one. */
async function grantToken(me: Session): Promise<NonNullable<Expected['client']>> {
  const { secret } = await me.createClient({ name: 'robot', audience: 'golden' })
  const door = { face: 'golden', request: 'golden' }
  const proof = { client: 'robot', secret: secret.text, method: 'client_secret_post' } as const
  const { text } = await km.grantToken(
    proof,
    { grant: 'client_credentials', issuer: 'https://golden.example.org' },
    door,
  )
  await me.renewTokenKey()
  const again = await me.rotateClientSecret('robot', { overlap: 60_000 })
  return { secrets: [again.secret.text, secret.text], token: text, gateway: await registerGateway(me) }
}

/** A client as gateways register theirs, with an opaque token, and one for ann that it goes on with. */
async function registerGateway(
  me: Session,
): Promise<NonNullable<NonNullable<Expected['client']>['gateway']>> {
  const registered = await me.createClient({
    ...{ name: 'gateway', secret: 'golden-secret', showsSecrets: true, registers: true },
    ...{
      tokenFormat: 'opaque',
      grants: ['client_credentials', 'password', 'refresh_token'],
      scopes: ['read'],
    },
    ...{ displayName: 'golden_PRODUCTION', owner: 'ann', redirectUris: ['https://golden.example.org/cb'] },
  })
  const door = { face: 'golden', request: 'golden' }
  const proof = { client: 'gateway', secret: 'golden-secret', method: 'client_secret_post' } as const
  const issuer = 'https://golden.example.org'
  const { text: token } = await km.grantToken(proof, { grant: 'client_credentials', issuer }, door)
  const login = { grant: 'password', issuer, username: 'ann', password, scope: ['read'] } as const
  const { refreshToken } = await km.grantToken(proof, login, door)
  return {
    ...{ secret: registered.secret.text, registrationToken: registered.registrationToken ?? '', token },
    refreshToken: refreshToken ?? '',
  }
}

/** What gateways are told of. */
async function sell(me: Session): Promise<void> {
  const [uuid, consumerKey] = ['golden', 'gateway']
  await me.run(registerOAuthScope, { name: 'golden', bindings: ['golden'] })
  await me.run(registerApi, {
    uuid,
    name: 'Golden',
    context: '/golden',
    version: '1',
    scopes: ['golden'],
    urlMappings: [{ urlPattern: '/*', httpMethod: 'GET' }],
  })
  await me.run(addApplication, { uuid, name: 'Golden', subName: 'ann' })
  await me.run(addKeyMapping, { consumerKey, applicationUUID: uuid })
  await me.run(addSubscription, { subscriptionUUId: uuid, apiUUId: uuid, appUUID: uuid, policyId: 'Golden' })
  await me.run(addGatewayPolicy, { uuid, type: 'subscription', name: 'Golden' })
}

/** ROOT, an application with a policy of its own and a base key, and what was encrypted to that. */
async function apply({ keymanager, principal }: Session): Promise<NonNullable<Expected['applications']>> {
  const root = { application: 'ROOT', reference: '' }
  await keymanager.createRoot()
  await keymanager.admit(root, { principal: principal.id })
  await keymanager.setPolicy('GOLDEN', { days: 36_500, preExpireDays: 1 })
  await keymanager.makeKey({ application: 'GOLDEN', reference: '' })
  const sealed = await keymanager.encrypt({ application: 'GOLDEN', reference: 'BASE' }, plaintext, { aad })
  return { sealed: sealed.toString('base64') }
}

/** An authority of partners and one partner, a random key of zero-knowledge encryption, a licence. */
async function trustAndSeal(me: Session): Promise<NonNullable<Expected['keymanager']>> {
  const { partners, secrets, licenses } = me.keymanager
  const chain = [await me.getAuthority('issuing'), await me.getAuthority('root ca')].map(
    ({ certificate }) => certificate,
  )
  await partners.trust('AUTH', chain.join(''))
  await me.keymanager.makeKey({ application: 'PMS', reference: '' })
  const { request } = await me.createCertificateRequest({ subject: 'CN=partner,O=Example' })
  const leaf = await me.certify('issuing', { profile: 'golden', request, days: 390 })
  const { id } = await partners.certify('AUTH', 'Example', leaf.certificate ?? '')

  await secrets.make({ application: 'KERNEL', reference: 'IDENTITY_CACHE' })
  const temporary = { application: 'KEY_MIGRATE', reference: '' }
  const { x509 } = await me.keymanager.makeKey(temporary)
  const randomKey = Buffer.alloc(32, 7)
  const encrypted = publicEncrypt(
    {
      key: createPublicKey({ key: Buffer.from(x509.publicKey.der), format: 'der', type: 'spki' }),
      oaepHash: 'sha256',
    },
    randomKey,
  )
  await secrets.import(temporary, [{ index: 10_000, encrypted }])
  const identity = createCipheriv('aes-256-ecb', randomKey, null).setAutoPadding(false)
  const head = Buffer.alloc(48)
  head.writeUInt32BE(10_000)
  const cipher = createCipheriv(
    'aes-256-gcm',
    identity.update(hash('sha256', 'golden', 'buffer')),
    head.subarray(4, 16),
  )
  cipher.setAAD(head.subarray(16))
  const attribute = Buffer.concat([head, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])

  const license = await licenses.create('golden', Date.parse('2100-01-01T00:00:00Z'))
  await licenses.extend('golden', license, ['OTP Trigger'])
  return { partner: id, attribute: attribute.toString('base64'), license }
}

/** Carol with all that a person has: an account, second factors, a login that goes on; and Dave, who is locked out. */
async function register(me: Session): Promise<NonNullable<Expected['people']>> {
  const door = { face: 'golden', request: 'golden', address: '192.0.2.1' }
  await me.createPasswordPolicy({ name: 'strict', minimumLength: 14, lockoutThresholds: [60] })
  const account = {
    email: 'carol@example.org',
    userMetadata: { golden: true },
    certificateSubject: 'CN=carol',
  }
  await me.createPrincipal({ name: 'carol', password, passwordPolicy: 'strict', ...account })
  await me.createPrincipal({ name: 'dave', password, passwordPolicy: 'strict' })
  await km.authenticate({ name: 'dave', password: 'wrong' }, door).catch(() => undefined)
  const settings = { issuer: 'https://id.example.org' }
  await me.createGroup({ name: 'clerks' })
  await me.createConnection({
    name: 'corp',
    kind: 'oidc',
    settings,
    groups: { staff: 'clerks' },
    secret: 'x',
  })
  await me.linkIdentity({ connection: 'corp', subject: '1', principal: 'carol' })

  const carol = await km.as('carol')
  const { id, uri } = await carol.enrolTotp()
  await carol.confirmTotp(id, totpOf(uri))
  const creation = await carol.beginPasskey()
  const registration = new Authenticator(creation.rp.id, origin).create(creation)
  await carol.finishPasskey({ challenge: creation.challenge, registration })
  const [first = '', recovery = ''] = await carol.newRecoveryCodes()
  await me.setFactorPolicy({ name: 'people', principals: ['carol'], stepUp: ['Export'] })
  const asked = await km.authenticate({ name: 'carol', password }, door).catch((error) => error)
  if (!isMortiseError(asked, 'MORTISE_AUTH_FACTOR_REQUIRED')) throw asked
  const challenge = String(asked.details['challenge'])
  const entered = await km.authenticate({ challenge, recovery: first }, door)
  const { token, refreshToken } = await entered.logIn({ label: 'golden', refresh: {} })
  return { token: token.text, refreshToken: refreshToken?.text ?? '', app: uri, recovery }
}

/** One key of each kind and state, with grants on some. */
async function makeKeys(me: Session): Promise<Expected['keys']> {
  await me.createKeyPair({ algorithm: 'EC', name: 'signer', publicName: 'signer/public' })
  await me.createKeyPair({ algorithm: 'Ed25519', name: 'edwards', publicName: 'edwards/public' })
  await me.createKeyPair({ algorithm: 'RSA', name: 'rsa', publicName: 'rsa/public' })
  await me.createKeyPair({ algorithm: 'RSA', name: 'opener', publicName: 'opener/public' })
  await put('hybrid', await me.encrypt('opener/public', plaintext, { aad, format: 'hybrid' }))
  await me.createKey({ algorithm: 'HMAC-SHA-256', name: 'mac', extractable: true })
  await me.createKey({ algorithm: 'AES', name: 'waiting', activate: false })
  await me.createKey({ algorithm: 'AES', name: 'compromised' })
  await me.revoke('compromised', 'KeyCompromise')
  await me.createKey({ algorithm: 'AES', name: 'destroyed' })
  await me.revoke('destroyed')
  await me.destroy('destroyed', { afterDays: 0 })
  await me.createKey({ algorithm: 'AES', name: 'doomed' })
  await me.revoke('doomed')
  await me.destroy('doomed', { afterDays: 7 })
  await me.grant('long', { principal: 'bob' }, ['Decrypt', 'Encrypt'])
  await me.grant('mac', { everyone: true }, ['MAC'])
  const { items } = await me.locate({ limit: 1000 })
  const mac = await me.mac('mac', plaintext)
  const material = (await me.export('mac')).material.toString('hex')
  return items.map(({ id, name, state, keyVersion }) => ({
    id,
    name,
    state,
    keyVersion,
    ...(name === 'mac' && { mac: mac.toString('hex'), material }),
  }))
}

/** Records of each format, one of them under a version that is no longer the newest. */
async function seal(me: Session): Promise<Expected['files']> {
  await me.createKey({ algorithm: 'AES', name: 'long' })
  await me.createKey({ algorithm: 'AES', length: 128, name: 'short' })
  await put('record-0x01', await me.encrypt('long', plaintext, { aad }))
  await put('record-0x02', await me.encrypt('short', plaintext, { aad }))
  await put('gcm', await me.encrypt('long', plaintext, { aad, format: 'gcm' }))
  const cipher = await me.openCipher('long')
  await put('record-of-lease', cipher.seal(plaintext, aad))
  await cipher.close()
  const dataKey = await me.generateDataKey('long', { aad })
  await put('data-key', dataKey.wrapped)
  await put('record-of-data-key', dataKey.cipher.seal(plaintext, aad))
  await dataKey.cipher.close()
  const gcmKey = (await me.get('long')).id
  await me.rekey('long')
  return [
    { file: 'record-0x01', key: 'long' },
    { file: 'record-0x02', key: 'short' },
    { file: 'record-of-lease', key: 'long' },
    { file: 'gcm', key: gcmKey, format: 'gcm' },
    { file: 'hybrid', key: 'opener', format: 'hybrid' },
  ]
}

async function put(name: string, bytes: Uint8Array): Promise<void> {
  writeFileSync(join(directory, `${name}.bin`), bytes)
  chmodSync(join(directory, `${name}.bin`), 0o644)
}

/** What there is of keys on a token: a record, what names the key, and a root key that another key wraps. */
async function onToken(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mortise-golden-'))
  mkdirSync(join(folder, 'tokens'))
  writeFileSync(join(folder, 'conf'), `directories.tokendir = ${folder}/tokens\n`)
  process.env['SOFTHSM2_CONF'] = join(folder, 'conf')
  execFileSync('softhsm2-util', [
    '--init-token',
    '--free',
    '--label',
    'golden',
    '--so-pin',
    '12345678',
    '--pin',
    '1234',
  ])
  const module = '/usr/lib/softhsm/libsofthsm2.so'
  const tokens = [{ name: 'golden', module, token: { label: 'golden' }, pin: Buffer.from('1234') }]
  const rootKey = { hsm: 'pkcs11:token=golden;object=root' }
  const km = await openKeyManager({
    directory: join(folder, 'store'),
    tokens,
    keyProvider: 'golden',
    rootKey,
  })
  await km.ensurePrincipal({ name: 'ann' })
  const me = await km.as('ann')
  const material = Buffer.alloc(32, 7)
  await me.register({ format: 'raw', algorithm: 'AES', material, name: 'on token' })
  await put('record-0x07', await me.encrypt('on token', plaintext, { aad }))
  const usage = ['WrapKey', 'UnwrapKey'] as const
  await me.register({
    format: 'raw',
    algorithm: 'AES',
    material: Buffer.alloc(32, 8),
    name: 'wrapping',
    usage,
  })
  const { cipher, wrapped } = await me.generateDataKey('wrapping', { aad })
  await cipher.close()
  await put('data-key-0x08', wrapped)
  await km.close()
  const database = new Database(join(folder, 'store/mortise.db'))
  const first = (sql: string) => database.prepare(sql).pluck().get() as Buffer
  await put('material-on-token', first("SELECT material FROM objects WHERE name = 'on token'"))
  await put('root-on-token', first("SELECT value FROM records WHERE key LIKE 'token %'"))
  database.close()
  rmSync(folder, { recursive: true })
}
