import fc from 'fast-check'
import t from 'tap'
import { toPem } from '../../lib/crypto/index.js'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  buildCrl,
  type Certificate,
  type CertificateExtensionValues,
  type CrlExtensionValues,
  keyIdentifier,
  nameOfText,
  parseCrl,
  type RevocationOptions,
  type RevokedCertificate,
  randomSerialNumber,
  revocationIndex,
  validatePath,
} from '../../lib/x509/index.js'
import { bits, commonName, constructed, der, integer, oid, sequence, tags, time } from './der.js'
import { openssl } from './openssl.js'
import { type Keys, makeKeys, certify as makeParty, type Party } from './signers.js'

const invalid = { code: 'MORTISE_X509_INVALID' }
const at = new Date('2025-01-01T00:00:00Z')
const day = 86_400_000
const ofDay = (days: number) => new Date(at.getTime() + days * day)

async function certify(
  by: Party,
  subject: string,
  keys: Keys,
  extensions: CertificateExtensionValues,
): Promise<Certificate> {
  return (await makeParty(subject, at, extensions, { by, keys })).certificate
}

function makeAuthority(subject: string, by?: Party): Promise<Party> {
  const extensions = { basicConstraints: { cA: true }, keyUsage: ['keyCertSign', 'cRLSign'] } as const
  return makeParty(subject, at, extensions, by && { by })
}

interface List {
  readonly revoked?: readonly RevokedCertificate[]
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date
  readonly number?: bigint
  readonly extensions?: CrlExtensionValues
}

async function list({ certificate, keys }: Party, { number = 1n, ...change }: List = {}) {
  const der = await buildCrl(
    {
      issuer: certificate.subject,
      thisUpdate: change.thisUpdate ?? ofDay(-1),
      nextUpdate: change.nextUpdate ?? ofDay(1),
      revoked: change.revoked ?? [],
      extensions: {
        cRLNumber: number,
        authorityKeyIdentifier: { keyIdentifier: keyIdentifier(keys.publicKey) },
        ...change.extensions,
      },
    },
    keys.signer,
  )
  return parseCrl(der)
}

const root = await makeAuthority('CN=root')
const leafKeys = makeKeys()
const leaf = await certify(root, 'CN=leaf', leafKeys, {})
const entry = (reason: RevokedCertificate['reason'], certificate = leaf): RevokedCertificate => ({
  serialNumber: certificate.serialNumber,
  revocationDate: ofDay(-2),
  reason,
})

/** `good`, or the reason for which the path is refused. */
function judge(
  revocation: RevocationOptions,
  certificate = leaf,
  intermediates: readonly Certificate[] = [],
  when = at,
): string {
  try {
    validatePath({ leaf: certificate, intermediates, anchors: [root.certificate], at: when, revocation })
    return 'good'
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
    return String(error.details['reason'])
  }
}

t.test('a CRL, as openssl judges it too', async (t) => {
  for (const [revoked, expected] of [
    [[], 'good'],
    [[entry('keyCompromise')], 'revoked'],
    [[entry('certificateHold')], 'revoked'],
    [[entry(undefined)], 'revoked'],
    [[{ ...entry('superseded'), serialNumber: '01' }], 'good'],
  ] as const) {
    const crl = await list(root, { revoked })
    t.equal(judge({ crls: [crl] }), expected)
    const files = {
      root: toPem('x509', root.certificate.der),
      leaf: toPem('x509', leaf.der),
      crl: toPem('crl', crl.der),
    }
    const seconds = String(at.getTime() / 1_000)
    const args = ['verify', '-crl_check', '-CRLfile', 'crl', '-CAfile', 'root', '-attime', seconds, 'leaf']
    t.equal(openssl(args, files).ok, expected === 'good')
  }
  const crl = await list(root, { revoked: [entry('keyCompromise')] })
  t.throws(
    () =>
      validatePath({ leaf, intermediates: [], anchors: [root.certificate], at, revocation: { crls: [crl] } }),
    { message: /"CN=leaf" is revoked since 2024-12-30T00:00:00\.000Z \(keyCompromise\)/ },
  )
})

t.test('what tells nothing', async (t) => {
  const other = await makeAuthority('CN=root')
  const useless = {
    nothing: [],
    'one that is over': [await list(root, { nextUpdate: ofDay(-1 / 24) })],
    'one that has not begun': [await list(root, { thisUpdate: ofDay(1 / 24) })],
    'one of another issuer': [await list(await makeAuthority('CN=other'))],
    'one of the same name and another key': [await list(other)],
    'one without a number': [await list(root, { extensions: { cRLNumber: undefined } })],
    'one with an extension that is not known': [
      await list(root, {
        extensions: { other: [{ type: '1.2.3', isCritical: true, value: Buffer.of(5, 0) }] },
      }),
    ],
    'one for authorities': [
      await list(root, { extensions: { issuingDistributionPoint: { onlyContainsCACerts: true } } }),
    ],
    'one for some reasons': [
      await list(root, { extensions: { issuingDistributionPoint: { onlySomeReasons: ['superseded'] } } }),
    ],
    'a delta alone': [await list(root, { number: 2n, extensions: { deltaCRLIndicator: 1n } })],
  }
  for (const [what, crls] of Object.entries(useless)) {
    t.equal(judge({ crls }), 'revocation-unknown', what)
    t.equal(judge({ crls, whereUnknown: 'accept' }), 'good', what)
    t.equal(judge({ crls: [...crls, await list(root)] }), 'good', `${what}, and a sound one`)
  }
  const [crl] = [await list(root)]
  t.equal(judge({ crls: [crl] }, leaf, [], ofDay(1)), 'good', 'the last second')
  t.equal(judge({ crls: [crl] }, leaf, [], new Date(ofDay(1).getTime() + 1_000)), 'revocation-unknown')
})

t.test('the newest counts', async (t) => {
  const held = await list(root, { number: 1n, thisUpdate: ofDay(-3), revoked: [entry('certificateHold')] })
  const resumed = await list(root, { number: 2n })
  for (const crls of [
    [held, resumed],
    [resumed, held],
  ]) {
    t.equal(judge({ crls }), 'good')
  }
  const older = await list(root, { number: 1n, thisUpdate: ofDay(-3) })
  const newer = await list(root, { number: 2n, revoked: [entry('keyCompromise')] })
  for (const crls of [
    [older, newer],
    [newer, older],
  ]) {
    t.equal(judge({ crls }), 'revoked')
  }
})

t.test('delta CRLs', async (t) => {
  const delta = (revoked: readonly RevokedCertificate[], more: List = {}) =>
    list(root, { number: 6n, revoked, extensions: { deltaCRLIndicator: 5n }, ...more })
  const clean = await list(root, { number: 5n })
  const held = await list(root, { number: 5n, revoked: [entry('certificateHold')] })
  t.equal(judge({ crls: [clean, await delta([entry('keyCompromise')])] }), 'revoked')
  t.equal(judge({ crls: [held, await delta([entry('removeFromCRL')])] }), 'good')
  t.equal(judge({ crls: [held, await delta([entry('removeFromCRL'), entry('superseded')])] }), 'revoked')
  t.equal(judge({ crls: [held, await delta([])] }), 'revoked')
  const over = await list(root, { number: 5n, nextUpdate: ofDay(-1 / 2), thisUpdate: ofDay(-2) })
  t.equal(judge({ crls: [over, await delta([])] }), 'good', 'a delta brings one up to date that is over')
  t.equal(judge({ crls: [over] }), 'revocation-unknown')
  const removing = [entry('removeFromCRL')]
  const unfit = {
    'of a later base': await delta(removing, { extensions: { deltaCRLIndicator: 6n } }),
    older: await delta(removing, { number: 5n }),
    'that is over': await delta(removing, { nextUpdate: ofDay(-1 / 24) }),
    'of another scope': await delta(removing, {
      extensions: { deltaCRLIndicator: 5n, issuingDistributionPoint: { onlyContainsUserCerts: true } },
    }),
    'of another key': await list(await makeAuthority('CN=root'), {
      number: 6n,
      revoked: removing,
      extensions: {
        deltaCRLIndicator: 5n,
        authorityKeyIdentifier: { keyIdentifier: keyIdentifier(root.keys.publicKey) },
      },
    }),
  }
  for (const [what, crl] of Object.entries(unfit)) t.equal(judge({ crls: [held, crl] }), 'revoked', what)
  t.equal(judge({ crls: [await list(root, { revoked: removing })] }), 'revoked', 'only a delta removes')
})

t.test('distribution points and reasons', async (t) => {
  const point = (value: string) => ({ fullName: [{ form: 'uniformResourceIdentifier', value }] }) as const
  const one = await certify(root, 'CN=one', makeKeys(), {
    cRLDistributionPoints: [{ distributionPoint: point('http://a/1') }],
  })
  const issuing = (name: string, more: CrlExtensionValues['issuingDistributionPoint'] = {}) =>
    list(root, { extensions: { issuingDistributionPoint: { distributionPoint: point(name), ...more } } })
  t.equal(judge({ crls: [await issuing('http://a/1')] }, one), 'good')
  t.equal(judge({ crls: [await issuing('http://a/2')] }, one), 'revocation-unknown')
  t.equal(judge({ crls: [await issuing('http://a/1')] }), 'revocation-unknown', 'no point leads there')
  t.equal(judge({ crls: [await list(root)] }, one), 'good', 'a whole CRL serves for every point')
  const compromises = ['keyCompromise', 'cACompromise', 'aACompromise'] as const
  const others = [
    'affiliationChanged',
    'superseded',
    'cessationOfOperation',
    'certificateHold',
    'privilegeWithdrawn',
  ] as const
  const [some, rest] = [
    await issuing('http://a/1', { onlySomeReasons: compromises }),
    await issuing('http://a/1', { onlySomeReasons: others }),
  ]
  t.equal(judge({ crls: [some] }, one), 'revocation-unknown')
  t.equal(judge({ crls: [some, rest] }, one), 'good')
})

t.test('an intermediate, and CRLs that another one signs', async (t) => {
  const middle = await makeAuthority('CN=middle', root)
  const below = await certify(middle, 'CN=below', makeKeys(), {})
  const crls = [await list(root), await list(middle)]
  t.equal(judge({ crls }, below, [middle.certificate]), 'good')
  t.equal(judge({ crls: crls.slice(1) }, below, [middle.certificate]), 'revocation-unknown')
  const revoking = await list(root, { revoked: [entry('cACompromise', middle.certificate)] })
  t.equal(judge({ crls: [revoking, await list(middle)] }, below, [middle.certificate]), 'revoked')

  const keys = makeKeys()
  const distributionPoint = {
    fullName: [{ form: 'uniformResourceIdentifier', value: 'http://root/' }],
  } as const
  const signs = { keyUsage: ['cRLSign'], cRLDistributionPoints: [{ distributionPoint }] } as const
  const elsewhere = { issuingDistributionPoint: { distributionPoint } }
  const indirect = { issuingDistributionPoint: { indirectCRL: true } }
  const cRLIssuer = [{ form: 'directoryName', value: nameOfText('CN=lists') } as const]
  const pointed = await certify(root, 'CN=pointed', makeKeys(), { cRLDistributionPoints: [{ cRLIssuer }] })
  const certificateIssuer = [{ form: 'directoryName', value: root.certificate.subject } as const]
  const of = async (signer: Certificate, revoked: readonly RevokedCertificate[] = []) => [
    await list(root, { extensions: elsewhere }),
    await list({ certificate: signer, keys }, { revoked, extensions: indirect }),
  ]
  const signer = await certify(root, 'CN=lists', keys, signs)
  t.equal(judge({ crls: await of(signer) }, pointed, [signer]), 'good')
  const listed = { ...entry('keyCompromise', pointed), certificateIssuer }
  t.equal(judge({ crls: await of(signer, [listed]) }, pointed, [signer]), 'revoked')
  t.equal(
    judge({ crls: await of(signer, [entry('keyCompromise', pointed)]) }, pointed, [signer]),
    'good',
    'an entry of the signer itself',
  )
  t.equal(judge({ crls: await of(signer) }, pointed), 'revocation-unknown', 'nobody knows the signer')
  const unfit = await certify(root, 'CN=lists', keys, { ...signs, keyUsage: ['digitalSignature'] })
  const silent = await certify(root, 'CN=lists', keys, { ...signs, keyUsage: undefined })
  const stranger = await certify(await makeAuthority('CN=root'), 'CN=lists', keys, signs)
  for (const one of [unfit, silent, stranger]) {
    t.equal(judge({ crls: await of(one) }, pointed, [one]), 'revocation-unknown')
  }
  const [, own] = await of(signer)
  const withdrawn = await list(root, { revoked: [entry('keyCompromise', signer)], extensions: elsewhere })
  t.equal(
    judge({ crls: [withdrawn, own!] }, pointed, [signer]),
    'revocation-unknown',
    'the signer is revoked',
  )
})

t.test("an authority's own records are the last word", async (t) => {
  const index = revocationIndex(root.certificate, [entry('privilegeWithdrawn')])
  t.equal(judge({ indexes: [index] }), 'revoked')
  t.equal(judge({ indexes: [index], crls: [await list(root)] }), 'revoked')
  const free = revocationIndex(root.certificate, [])
  t.equal(judge({ indexes: [free] }), 'good')
  t.equal(judge({ indexes: [free], crls: [await list(root, { revoked: [entry('keyCompromise')] })] }), 'good')
  const renamed = revocationIndex((await makeAuthority('CN=root')).certificate, [])
  t.equal(judge({ indexes: [renamed] }), 'revocation-unknown', 'the same name and another key')
  t.same(index.find(leaf.serialNumber), {
    reason: 'privilegeWithdrawn',
    revocationDate: ofDay(-2),
    invalidityDate: undefined,
  })
})

t.test('more CRLs than are looked at', async (t) => {
  const points = Array.from({ length: 600 }, (_, i) => ({
    distributionPoint: { fullName: [{ form: 'uniformResourceIdentifier', value: `http://a/${i}` }] } as const,
  }))
  const many = await certify(root, 'CN=many', makeKeys(), { cRLDistributionPoints: points })
  const other = await list(await makeAuthority('CN=other'))
  const crls = Array<typeof other>(1_000).fill(other)
  for (const whereUnknown of ['refuse', 'accept'] as const)
    t.equal(judge({ crls, whereUnknown }, many), 'limit')
})

const identifier = sequence(oid('1.2.840.10045.4.3.2'))
const utc = time('250101000000Z')

/** A CRL with these fields behind its issuer; the signature is nobody's. */
function crude(version: number | undefined, ...fields: readonly Uint8Array[]): Buffer {
  const head = version === undefined ? [] : [integer(version)]
  return sequence(
    sequence(...head, identifier, commonName('root'), ...fields),
    identifier,
    bits(Buffer.alloc(8)),
  )
}

const extensions = (...all: readonly Uint8Array[]) => der(constructed(0), sequence(...all))
const number = sequence(oid('2.5.29.20'), der(tags.octetString, integer(1)))
const reasonOf = (value: number) =>
  sequence(sequence(oid('2.5.29.21'), der(tags.octetString, der(tags.enumerated, Buffer.of(value)))))

t.test('what a CRL says', async (t) => {
  const invalidityDate = new Date('2020-01-01T00:00:00Z')
  const crl = await list(root, {
    number: 300n,
    revoked: [
      { ...entry('superseded'), invalidityDate },
      { ...entry(undefined), serialNumber: '05' },
    ],
  })
  for (const input of [crl.der, toPem('crl', crl.der)]) {
    const read = parseCrl(input)
    t.equal(read.issuer.text, 'CN=root')
    t.same([read.thisUpdate, read.nextUpdate], [ofDay(-1), ofDay(1)])
    t.equal(read.extensions.cRLNumber, 300n)
    t.equal(read.entries.size, 2)
    t.same(read.entries.find(leaf.serialNumber, root.certificate.subject), {
      reason: 'superseded',
      revocationDate: ofDay(-2),
      invalidityDate,
    })
    t.match(read.entries.find('05', root.certificate.subject), { reason: 'unspecified' })
    t.equal(read.entries.find('06', root.certificate.subject), undefined)
    t.equal(read.entries.find('05', nameOfText('CN=other')), undefined)
  }
  const first = parseCrl(crude(undefined, utc, utc, sequence(sequence(integer(5), utc))))
  t.same(first.entries.find('05', root.certificate.subject), {
    reason: 'unspecified',
    revocationDate: at,
    invalidityDate: undefined,
  })
  t.equal(parseCrl(crude(1, utc)).nextUpdate, undefined)
})

t.test('what is no CRL is refused', async (t) => {
  const broken = {
    'version 3': crude(2, utc, utc),
    'version 1 spelt out': crude(0, utc, utc),
    'extensions in version 1': crude(undefined, utc, utc, extensions(number)),
    'extensions of an entry in version 1': crude(
      undefined,
      utc,
      utc,
      sequence(sequence(integer(5), utc, reasonOf(1))),
    ),
    'an extension twice': crude(1, utc, utc, extensions(number, number)),
    'an extension of an entry twice': crude(
      1,
      utc,
      utc,
      sequence(
        sequence(integer(5), utc, sequence(...Array(2).fill(sequence(oid('1.2.3'), der(tags.octetString))))),
      ),
    ),
    'an empty list': crude(1, utc, utc, sequence()),
    'no extensions': crude(1, utc, utc, extensions()),
    'reason 7': crude(1, utc, utc, sequence(sequence(integer(5), utc, reasonOf(7)))),
    'an entry that is none': crude(1, utc, utc, sequence(integer(5))),
    'bytes behind an entry': crude(1, utc, utc, sequence(sequence(integer(5), utc, reasonOf(1), integer(1)))),
    'a negative number': crude(
      1,
      utc,
      utc,
      extensions(sequence(oid('2.5.29.20'), der(tags.octetString, der(tags.integer, Buffer.of(0xff))))),
    ),
    'a number of 21 bytes': crude(
      1,
      utc,
      utc,
      extensions(sequence(oid('2.5.29.20'), der(tags.octetString, der(tags.integer, Buffer.alloc(21, 1))))),
    ),
    'no time': crude(1),
    'bytes behind it': Buffer.concat([crude(1, utc, utc), Buffer.of(0)]),
    nothing: Buffer.alloc(0),
    'another kind of PEM': toPem('x509', crude(1, utc, utc)),
  }
  for (const [what, bytes] of Object.entries(broken)) t.throws(() => parseCrl(bytes), invalid, what)
  t.ok(parseCrl(crude(1, utc, utc, extensions(number))))
  t.throws(() => parseCrl(Buffer.alloc(2 ** 24, 0x30)), { code: 'MORTISE_INPUT_TOO_LARGE' })
  t.throws(() => parseCrl('-'.repeat(2 ** 25)), { code: 'MORTISE_INPUT_TOO_LARGE' })
})

t.test('hundreds of thousands of entries', async (t) => {
  const serialNumbers = Array.from({ length: 150_000 }, randomSerialNumber)
  const revoked = serialNumbers.map((serialNumber) => ({ ...entry('keyCompromise'), serialNumber }))
  const crl = await list(root, { revoked })
  t.equal(crl.entries.size, 150_000)
  t.match(crl.entries.find(serialNumbers[149_999]!, root.certificate.subject), { reason: 'keyCompromise' })
  t.equal(judge({ crls: [crl] }), 'good')
})

t.test('whatever is done to a CRL, it is believed as it was signed or not at all', async (t) => {
  const crl = await list(root, { revoked: [entry('keyCompromise')] })
  /** What a CRL with these bytes does to a leaf that it revokes. */
  const effect = (bytes: Uint8Array): string => {
    try {
      return judge({ crls: [parseCrl(bytes)] })
    } catch (error) {
      if (isMortiseError(error, 'MORTISE_X509_INVALID')) return 'malformed'
      throw error
    }
  }
  t.equal(effect(crl.der), 'revoked')
  const believed = [...crl.der.keys()].filter((i) => {
    const bytes = Buffer.from(crl.der)
    bytes[i] = bytes.readUInt8(i) ^ (1 << (i % 8))
    return !['malformed', 'revocation-unknown'].includes(effect(bytes))
  })
  t.same(believed, [])
  const edit = fc.record({
    at: fc.nat(crl.der.length),
    remove: fc.nat(20),
    insert: fc.uint8Array({ maxLength: 20 }),
  })
  const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
    let bytes = Buffer.from(crl.der)
    for (const { at, remove, insert } of edits) {
      bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
    }
    return bytes.equals(crl.der) || ['malformed', 'revocation-unknown'].includes(effect(bytes))
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
})
