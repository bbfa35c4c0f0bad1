import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import t from 'tap'
import { openssl } from '../15-x509/openssl.js'
import { outcome } from '../support/key_house.js'
import { CaHouse, read } from './house.js'

const localhost = { profile: 'server', subject: 'CN=localhost', names: { dns: ['localhost'] } }

t.test(
  'A pair comes as PKCS#12 with its certificates: openssl opens it, and TLS is done with it',
  async (t) => {
    const ca = await CaHouse.build(t, { clock: { now: () => Date.now() } })
    const { olga } = ca
    const root = await ca.root()
    const issuing = await ca.below('root', 'issuing')
    // What UTF-8 and UTF-16 write in more than one unit.
    const password = 'pässwörd €😀'
    for (const kind of [{}, { algorithm: 'RSA', length: 2048 }, { algorithm: 'Ed25519' }]) {
      const made = await olga.certifyPair('issuing', localhost, { ...kind, password })
      t.match(made.certificate, { subject: 'CN=localhost', state: 'active', authority: issuing.id })
      t.same(made.chain, [issuing.certificate, root.certificate])
      const files = { 'pair.p12': made.key }
      const opened = (args: readonly string[], word = password) =>
        openssl(['pkcs12', '-in', 'pair.p12', '-passin', `pass:${word}`, ...args], files)
      const info = opened(['-info', '-nodes'])
      t.ok(info.ok, info.text)
      t.match(info.text, /MAC: sha256, Iteration 200000\n/)
      const scheme = 'PBES2, PBKDF2, AES-256-CBC, Iteration 200000, PRF hmacWithSHA256'
      t.match(info.text, `PKCS7 Encrypted data: ${scheme}`)
      t.match(info.text, `Shrouded Keybag: ${scheme}`)
      const pems = info.text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []
      t.same(
        pems.map((pem) => new X509Certificate(pem).fingerprint256),
        [made.certificate.certificate, ...made.chain].map((pem) => read(pem).fingerprint256),
      )
      t.equal(info.text.match(/localKeyID: 01/g)?.length, 2, 'the key and its certificate belong together')
      t.notOk(opened(['-noout'], 'another').ok, 'the MAC fails with another password')
      const changed = Buffer.from(made.key)
      changed[Math.floor(changed.length / 2)]! ^= 1
      t.notOk(openssl(['pkcs12', '-in', 'x', '-noout', '-passin', `pass:${password}`], { x: changed }).ok)

      const listening = createServer({ pfx: made.key, passphrase: password }, (socket) => socket.end())
      listening.listen(0, '127.0.0.1')
      await once(listening, 'listening')
      const { port } = listening.address() as AddressInfo
      const trusted = { ca: root.certificate ?? '', servername: 'localhost' }
      const socket = connect({ port, host: '127.0.0.1', ...trusted })
      await once(socket, 'secureConnect')
      t.ok(socket.authorized, 'the chain is in it')
      socket.destroy()
      listening.close()
    }
  },
)

t.test('A pair comes as PKCS#8, in the clear or under a password', async (t) => {
  const ca = await CaHouse.build(t)
  await ca.root()
  for (const password of [undefined, 'a password']) {
    const given = { format: 'pkcs8', ...(password !== undefined && { password }) } as const
    const { key, certificate } = await ca.olga.certifyPair('root', localhost, given)
    t.match(
      key.toString(),
      password === undefined ? /^-----BEGIN PRIVATE KEY/ : /^-----BEGIN ENCRYPTED PRIVATE KEY/,
    )
    const pem = { key, ...(password !== undefined && { passphrase: password }) }
    t.ok(read(certificate.certificate).checkPrivateKey(createPrivateKey(pem)))
  }
})

t.test('Who may not make keys or issue gets no pair, and a wrong wish issues nothing', async (t) => {
  const ca = await CaHouse.build(t)
  const { olga, house } = ca
  const { km } = house
  const root = await ca.root()
  const password = 'a password'
  await km.ensurePrincipal({ name: 'ann' })
  const ann = await km.as('ann')
  t.match(await outcome(ann.certifyPair(root.id, localhost, { password })), /ACCESS_DENIED|NOT_FOUND/)
  const invalid = 'MORTISE_INPUT_INVALID'
  for (const kind of [
    {},
    { password: '' },
    { password: 'x'.repeat(1025) },
    { password, format: 'pem' as 'pkcs8' },
    { format: 'pkcs8', password: '' } as const,
  ])
    t.equal(await outcome(olga.certifyPair('root', localhost, kind)), invalid)
  for (const algorithm of ['AES', 'X25519', 'secp256k1'])
    t.match(await outcome(olga.certifyPair('root', localhost, { algorithm, password })), /MORTISE_/)
  t.equal(
    await outcome(olga.certifyPair('root', { ...localhost, subject: 'x' }, { password })),
    'MORTISE_X509_INVALID',
  )
  t.match(await olga.certificates('root'), { total: 0 })

  await olga.certifyPair('root', localhost, { password })
  await km.ensurePrincipal({ name: 'audrey', roles: ['auditor'] })
  const { records } = await (await km.as('audrey')).findAudit({ limit: 50 })
  const made = records.find((one) => one.operation === 'CreatePairToCertify' && one.outcome === 'success')
  t.match(made, { principalName: 'olga', detail: { algorithm: 'EC', length: 256, format: 'pkcs12' } })
  t.notMatch(JSON.stringify(records), password)
})
