import t from 'tap'
import { firstPart } from '../../lib/ca/crl_parts.js'
import { type Crl, parseCertificate, parseCrl, validatePath } from '../../lib/x509/index.js'
import { day, minute } from '../support/clock.js'
import { outcome } from '../support/key_house.js'
import { CaHouse } from './house.js'

const publicUrl = 'http://pki.example.org'

async function build(t: Parameters<typeof CaHouse.build>[0], settings: object) {
  const ca = await CaHouse.build(t, { publicUrl })
  const root = await ca.root('root', { settings })
  await ca.house.km.runDueJobs()
  const { publisher } = ca.house.km
  const list = async (part: { readonly partition?: number; readonly delta?: boolean } = {}) => {
    const found = await publisher.crl(root.id, part)
    if (!found) throw new Error('there is no such CRL')
    return found
  }
  /** What openssl and this project's own validation say of a certificate by some CRLs: both the same. */
  const verdict = (certificate: string | null, crls: readonly Uint8Array[]) => {
    const args = ['-crl_check', '-extended_crl', '-use_deltas']
    const theirs = ca.verify(root, certificate, { crls, args })
    const ours = ownVerdict(certificate, crls.map(parseCrl))
    const said = /certificate revoked/.test(theirs.text) ? 'revoked' : theirs.ok ? 'good' : 'unknown'
    t.equal(said, ours, theirs.text)
    return ours
  }
  const ownVerdict = (certificate: string | null, crls: readonly Crl[]) => {
    try {
      validatePath({
        leaf: parseCertificate(certificate ?? ''),
        intermediates: [],
        anchors: [parseCertificate(root.certificate ?? '')],
        at: new Date(ca.clock.now()),
        revocation: { crls },
      })
      return 'good'
    } catch (error) {
      const { reason } = (error as { readonly details: { readonly reason: string } }).details
      return reason === 'revocation-unknown' ? 'unknown' : reason
    }
  }
  return { ca, root, list, verdict }
}

/** The partition that a certificate names. */
function partitionOf(certificate: string | null): number {
  const [point] = parseCertificate(certificate ?? '').extensions.cRLDistributionPoints ?? []
  const name = point?.distributionPoint
  const [url] = name && 'fullName' in name ? name.fullName : []
  const text = url && 'value' in url ? String(url.value) : ''
  return Number(/-(\d+)\.crl$/.exec(text)?.[1])
}

t.test('Certificates are divided among CRLs, each of which tells of its own alone', async (t) => {
  const { ca, root, list, verdict } = await build(t, { crlPartitions: 3 })
  const { olga, clock } = ca
  const issued = []
  // Until there are some of two partitions: with chance none is left out for ever.
  do issued.push(await ca.issue('root'))
  while (new Set(issued.map(({ certificate }) => partitionOf(certificate))).size < 2)
  const [first] = issued as [(typeof issued)[0]]
  const own = partitionOf(first.certificate)
  const other = issued.find(({ certificate }) => partitionOf(certificate) !== own)
  const fromAnother = partitionOf(other?.certificate ?? null)
  t.match((await list({ partition: own })).number, 1, 'each is there from the beginning')
  t.equal(verdict(first.certificate, [(await list({ partition: own })).der]), 'good')

  await olga.revokeCertificate('root', first.id, 'keyCompromise')
  clock.pass(minute)
  await ca.house.km.runDueJobs()
  t.match(await list({ partition: own }), { number: 2, entries: 1 })
  t.match(await list({ partition: fromAnother }), { number: 2, entries: 0 })
  t.match(await list(), { number: 2, entries: 1 }, 'all of them are on the one about all')
  t.equal(verdict(first.certificate, [(await list({ partition: own })).der]), 'revoked')
  t.equal(verdict(first.certificate, [(await list({ partition: fromAnother })).der]), 'unknown')
  t.equal(verdict(first.certificate, [(await list()).der]), 'revoked')
  t.equal(verdict(other?.certificate ?? null, [(await list({ partition: fromAnother })).der]), 'good')
  t.equal(verdict(other?.certificate ?? null, [(await list({ partition: own })).der]), 'unknown')

  const { publisher } = ca.house.km
  t.equal(await publisher.crl(root.id, { partition: 4 }), undefined)
  t.equal(await publisher.crl(root.id, { delta: true }), undefined)
  await olga.setAuthority('root', { settings: { crlPartitions: 5 } })
  clock.pass(minute)
  await ca.house.km.runDueJobs()
  t.match(await list({ partition: 5 }), { number: 3, entries: 0 }, 'more of them')
  await olga.setAuthority('root', { settings: { crlPartitions: 1 } })
  t.match(await olga.createCrl('root'), { number: 4, entries: 1 })
  t.equal(verdict(first.certificate, [(await list({ partition: own })).der]), 'revoked', 'they stay')
  t.ok(Number.isNaN(partitionOf((await ca.issue('root')).certificate)), 'nothing new is on them')
  for (const crlPartitions of [0, 1.5, 101])
    t.equal(
      await outcome(olga.setAuthority('root', { settings: { crlPartitions } })),
      'MORTISE_INPUT_INVALID',
    )
  t.match((await olga.crl('root', 3)).number, 3)
  await olga.deleteAuthority('root')
  t.equal(await publisher.crl(root.id, { partition: own }), undefined)
})

t.test('Revocations make delta CRLs, and the whole one is made in its time', async (t) => {
  const { ca, list, verdict } = await build(t, { deltaCrls: true, crlDays: 3 })
  const { olga, clock, house } = ca
  const [held, revoked, good] = [await ca.issue('root'), await ca.issue('root'), await ca.issue('root')]
  await olga.revokeCertificate('root', held.id, 'certificateHold')
  clock.pass(minute)
  await house.km.runDueJobs()
  const base = await olga.createCrl('root')
  t.match(await list({ delta: true }), { number: base.number, entries: 1 })
  const said = async (one: { readonly certificate: string | null }) =>
    verdict(one.certificate, [(await list()).der, (await list({ delta: true })).der])
  t.equal(await said(held), 'revoked')
  t.equal(await said(revoked), 'good')

  clock.pass(10 * minute)
  await olga.revokeCertificate('root', revoked.id, 'superseded')
  await olga.resumeCertificate('root', held.id)
  clock.pass(minute)
  await house.km.runDueJobs()
  t.match(await list(), { number: base.number, entries: 1 }, 'the whole one is as it was')
  t.match(await list({ delta: true }), { number: base.number + 1, entries: 2 })
  t.equal(await said(revoked), 'revoked')
  t.equal(await said(held), 'good', 'what was resumed leaves the base')
  t.equal(await said(good), 'good')
  t.equal(verdict(held.certificate, [(await list()).der]), 'revoked', 'which alone does not know')

  clock.pass(2 * day)
  await house.km.runDueJobs()
  t.match(await list(), { number: base.number + 2, entries: 1 })
  t.match(await list({ delta: true }), { number: base.number + 2, entries: 0 })
  t.equal(await said(revoked), 'revoked')
  t.equal(await said(held), 'good')

  await olga.setAuthority('root', { settings: { deltaCrls: false } })
  clock.pass(minute)
  await house.km.runDueJobs()
  t.match(await list(), { number: base.number + 3 })
  t.equal(parseCrl((await list()).der).extensions.freshestCRL, undefined)
})

t.test('Partitions have deltas of their own', async (t) => {
  const { ca, root, list, verdict } = await build(t, { deltaCrls: true, crlPartitions: 2 })
  const { olga, clock, house } = ca
  const one = await ca.issue('root')
  const partition = partitionOf(one.certificate)
  await olga.revokeCertificate('root', one.id, 'keyCompromise')
  clock.pass(minute)
  await house.km.runDueJobs()
  const lists = [(await list({ partition })).der, (await list({ partition, delta: true })).der]
  t.equal(verdict(one.certificate, lists), 'revoked')
  t.equal(verdict(one.certificate, lists.slice(0, 1)), 'good')
  const others = [(await list({ partition })).der, (await list({ delta: true })).der]
  t.equal(verdict(one.certificate, others), 'good', 'the delta of others is none of this one')

  const { issuingDistributionPoint } = parseCrl((await list({ partition })).der).extensions
  t.match(issuingDistributionPoint?.distributionPoint, {
    fullName: [{ value: `${publicUrl}/crl/${root.id}-${partition}.crl` }],
  })
})

t.test('Without an address there is nothing to divide', async (t) => {
  const ca = await CaHouse.build(t)
  const root = await ca.root('root', { settings: { deltaCrls: true, crlPartitions: 2 } })
  await ca.house.km.runDueJobs()
  const { publisher } = ca.house.km
  t.match(await publisher.crl(root.id), { number: 1 })
  t.equal(await publisher.crl(root.id, { delta: true }), undefined)
  t.equal(await publisher.crl(root.id, { partition: 1 }), undefined)
  const { certificate } = await ca.issue('root')
  t.equal(parseCertificate(certificate ?? '').extensions.cRLDistributionPoints, undefined)
  t.equal(firstPart(300_000, 9), 0)
  t.equal(firstPart(300_001, 0), 0)
  t.equal(firstPart(300_001, 9), 1, 'more than fit are on partitions alone')
})
