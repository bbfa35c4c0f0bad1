import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Authorities, Authority } from '../../lib/ca/authorities.js'
import type { Certificates } from '../../lib/ca/certificates.js'
import { Responder } from '../../lib/ca/responder.js'
import { buildOcspRequest, ocspStatus, parseCertificate, parseOcspResponse } from '../../lib/x509/index.js'
import { openssl } from '../15-x509/openssl.js'
import { day, hour } from '../support/clock.js'
import { CaHouse } from './house.js'

const nonce = () => randomBytes(32)

/** A house with an authority below a root, and what asks about its certificates. */
async function build(t: Parameters<typeof CaHouse.build>[0]) {
  const ca = await CaHouse.build(t)
  await ca.root()
  const authority = await ca.below('root', 'issuing')
  const issuer = parseCertificate(authority.certificate ?? '')
  const { publisher } = ca.house.km
  const request = (serials: readonly string[], nonce?: Uint8Array) =>
    buildOcspRequest(
      serials.map((serialNumber) => ({ issuer, serialNumber })),
      nonce,
    )
  const ask = (serial: string, nonce?: Uint8Array) => publisher.ocsp(authority.id, request([serial], nonce))
  return {
    ca,
    authority,
    issuer,
    request,
    ask,
    /** What the answer says, once it is found to be one of the authority's. */
    status: (serialNumber: string, der: Uint8Array, nonce?: Uint8Array) => {
      const leaf = { issuer, serialNumber }
      return ocspStatus(parseOcspResponse(der), {
        ...leaf,
        at: new Date(ca.clock.now()),
        ...(nonce && { nonce }),
      }).status
    },
  }
}

t.test('An answer is kept until half of its life is over, or the certificate changes', async (t) => {
  const { ca, ask, status } = await build(t)
  const { serial, id } = await ca.issue('issuing')
  t.equal(status(serial, (await ask(serial)).der), 'good', 'the first question makes a signer')
  const first = await ask(serial)
  t.equal(status(serial, first.der), 'good')
  t.same(first.kept?.nextUpdate, ca.clock.now() + 8 * hour)
  await ca.issue('issuing')
  t.equal(await ask(serial), first, 'whatever else is issued')
  ca.clock.pass(4 * hour)
  const second = await ask(serial)
  t.not(second, first)
  t.equal(status(serial, second.der), 'good')

  await ca.olga.revokeCertificate('issuing', id, 'certificateHold')
  const held = await ask(serial)
  t.match(status(serial, held.der), { reason: 'certificateHold' })
  t.equal(await ask(serial), held)
  await ca.olga.resumeCertificate('issuing', id)
  t.equal(status(serial, (await ask(serial)).der), 'good')
  await ca.olga.revokeCertificate('issuing', id, 'keyCompromise')
  t.match(status(serial, (await ask(serial)).der), { reason: 'keyCompromise' })
  await ca.olga.deleteCertificate('issuing', id)
  t.match(status(serial, (await ask(serial)).der), { reason: 'keyCompromise' }, 'whether on the lists or not')

  const mine = nonce()
  const answer = await ask(serial, mine)
  t.equal(answer.kept, null)
  t.match(status(serial, answer.der, mine), { reason: 'keyCompromise' })
  t.notSame((await ask(serial, nonce())).der, answer.der)
})

t.test('What was never issued is unknown, until it is', async (t) => {
  const { ca, ask, status, request, authority, issuer } = await build(t)
  for (const serial of ['01', '7f'.repeat(20), '7f'.repeat(1000)]) {
    const answer = await ask(serial)
    t.equal(status(serial, answer.der), 'unknown')
    t.equal(answer.kept, null)
  }
  const { publisher } = ca.house.km
  const prepared = await ca.olga.prepareCertificate('issuing', {
    profile: 'server',
    request: (await ca.olga.createCertificateRequest({ subject: 'CN=a', names: { dns: ['a.example'] } }))
      .request,
  })
  t.equal(status(prepared.serial, (await ask(prepared.serial)).der), 'unknown')
  await ca.olga.issueCertificate('issuing', prepared.token)
  t.equal(status(prepared.serial, (await ask(prepared.serial)).der), 'good')

  const several = await publisher.ocsp(authority.id, request([prepared.serial, '01']))
  t.same(
    parseOcspResponse(several.der).basic?.responses.map((one) => one.status),
    ['good', 'unknown'],
  )
  const root = await ca.olga.getAuthority('root')
  const elsewhere = await ca.olga.registerAuthority({ certificate: root.certificate ?? '' })
  for (const id of [root.id, elsewhere.id, '00000000-0000-7000-8000-000000000000']) {
    const { der } = await publisher.ocsp(id, buildOcspRequest([{ issuer, serialNumber: prepared.serial }]))
    t.equal(parseOcspResponse(der).status, 'unauthorized', 'another authority does not speak for this one')
  }
})

t.test(
  'The signer is made with the first question, renewed before it ends, and in place of one that is revoked',
  async (t) => {
    const { ca, ask, authority } = await build(t)
    const { olga, house, clock } = ca
    const { serial } = await ca.issue('issuing', {}, { days: 200 })
    const signers = async () => {
      const { certificates } = await olga.certificates('issuing')
      return certificates.filter(({ profile }) => profile === 'ocsp-signer')
    }
    const signerOf = async () => {
      const { basic } = parseOcspResponse((await ask(serial, nonce())).der)
      return Buffer.from(basic?.certificates[0]?.der ?? []).toString('base64')
    }
    const pemOf = (one: { readonly certificate: string | null } | undefined) =>
      (one?.certificate ?? '').replace(/-----.*-----|\n/g, '')
    t.same(await signers(), [])
    const [one, other] = await Promise.all([signerOf(), signerOf()])
    t.equal(one, other, 'two that ask at once are answered by the same')
    const [made, ...none] = await signers()
    t.same(none, [])
    t.equal(pemOf(made), one)
    t.match(made, { subject: 'CN=OCSP signer,O=Example', authority: authority.id })
    const text = openssl(['x509', '-in', 'c', '-noout', '-text'], { c: made?.certificate ?? '' }).text
    t.match(text, /OCSP Signing/)
    t.match(text, /OCSP No Check/i)
    t.match(await olga.jobs(), {
      items: [{ kind: 'crl' }, { kind: 'crl' }, { kind: 'ocsp', name: 'issuing' }],
    })

    clock.pass(25 * day)
    await house.km.runDueJobs()
    const renewed = await signerOf()
    t.not(renewed, one)
    t.equal((await signers()).length, 2)
    const [, second] = await signers()
    await olga.revokeCertificate('issuing', second?.id ?? '', 'keyCompromise')
    const third = await signerOf()
    t.not(third, renewed)
    clock.pass(40 * day)
    t.not(await signerOf(), third, 'nobody has renewed it: it is made anew')
    await house.km.runDueJobs()

    const trail = (await (await house.administrator()).audit({ limit: 1000 })).records
    const done = (operation: string) => trail.filter((entry) => entry.operation === operation).length
    t.equal(done('RenewOCSPSigner'), (await signers()).length)
    t.ok(done('OpenOCSPSigner') >= 4)

    await olga.deleteAuthority('issuing')
    const { der } = await ask(serial, nonce())
    t.equal(parseOcspResponse(der).status, 'unauthorized')
    t.notOk((await olga.jobs()).items.some(({ kind }) => kind === 'ocsp'))
  },
)

t.test(
  'Disabled authorities answer still, and those that end with their issuer are signed for until then',
  async (t) => {
    const { ca, ask, status } = await build(t)
    const { serial } = await ca.issue('issuing')
    await ca.olga.setAuthority('issuing', { enabled: false })
    t.equal(status(serial, (await ask(serial)).der), 'good')

    const short = await ca.below('root', 'short', {}, { days: 10 })
    const leaf = await ca.issue('short')
    const issuer = parseCertificate(short.certificate ?? '')
    const asked = buildOcspRequest([{ issuer, serialNumber: leaf.serial }])
    ca.clock.pass(10 * day - hour)
    const answer = await ca.house.km.publisher.ocsp(short.id, asked)
    t.equal(answer.kept?.nextUpdate, issuer.notAfter.getTime(), 'no answer outlives its signer')
    ca.clock.pass(day)
    const { der } = await ca.house.km.publisher.ocsp(short.id, asked)
    t.equal(parseOcspResponse(der).status, 'unauthorized', 'and an authority that has ended says nothing')
  },
)

t.test('So much is signed in a second, and no more', async (t) => {
  const { ca, ask, authority, request } = await build(t)
  const { publisher } = ca.house.km
  const { serial } = await ca.issue('issuing')
  await ask(serial)
  const first = await ask(serial)
  const hundred = request(Array<string>(100).fill(serial), nonce())
  const answers = await Promise.all(Array.from({ length: 30 }, () => publisher.ocsp(authority.id, hundred)))
  const statuses = answers.map(({ der }) => parseOcspResponse(der).status)
  t.ok(statuses.includes('successful'))
  t.ok(statuses.includes('tryLater'))
  t.equal(await publisher.ocsp(authority.id, request([serial])), first, 'what is kept costs nothing')
  const many = request(Array<string>(101).fill(serial))
  t.equal(parseOcspResponse((await publisher.ocsp(authority.id, many)).der).status, 'malformedRequest')
})

t.test('Where no signer can be had, strangers do not make the authority try again and again', async (t) => {
  const { ca, authority, issuer, request } = await build(t)
  const found = { record: { kind: 'local' }, certificate: issuer } as Authority
  const authorities = { get: async () => found } as unknown as Authorities
  const responder = new Responder(authorities, {} as Certificates, ca.clock)
  let tries = 0
  const open = async () => {
    tries++
    throw new Error('there is no room')
  }
  const ask = () => responder.answer(authority.id, request(['01']), open)
  await Promise.all([t.rejects(ask(), /no room/), t.rejects(ask(), /no room/)])
  t.equal(parseOcspResponse((await ask()).der).status, 'tryLater')
  t.equal(tries, 1)
  responder.forget(`authority/${authority.id}`)
  await t.rejects(ask(), /no room/, 'once something has changed')
  t.equal(tries, 2)
})
