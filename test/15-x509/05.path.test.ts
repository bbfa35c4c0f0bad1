import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import { validatePath } from '../../lib/x509/index.js'
import { at, authority, extension, make, makeAuthority, oids, type Party, type Request } from './authority.js'
import {
  bits,
  commonName,
  constructed,
  der,
  integer,
  name,
  oid,
  primitive,
  sequence,
  text,
  yes,
} from './der.js'

type Options = Parameters<typeof validatePath>[0]

/** `valid`, or the reason and whose certificate is at fault. */
function judge(
  leaf: Party,
  between: readonly Party[],
  anchors: readonly Party[],
  options: Partial<Options> = {},
): string {
  try {
    validatePath({
      leaf: leaf.certificate,
      intermediates: between.map(({ certificate }) => certificate),
      anchors: anchors.map(({ certificate }) => certificate),
      at,
      ...options,
    })
    return 'valid'
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
    return `${error.details['reason']} ${error.details['subject']}`
  }
}

/** An authority below another, limited to so many more. */
function below(issuer: Party, name: string, request: Request = {}): Party {
  return makeAuthority(name, { issuer, ...request })
}

const constraints = (pathLength: number) =>
  extension(oids.basicConstraints, sequence(yes, integer(pathLength)), true)
const purposes = (...types: readonly string[]) => extension(oids.extKeyUsage, sequence(...types.map(oid)))
const alternativeNames = (...names: readonly Uint8Array[]) =>
  extension(oids.subjectAltName, sequence(...names))
const dns = (value: string) => text(value, primitive(2))
const email = (value: string) => text(value, primitive(1))
const uri = (value: string) => text(value, primitive(6))
const ip = (hex: string) => der(primitive(7), Buffer.from(hex, 'hex'))
const clientAuth = '1.3.6.1.5.5.7.3.2'
const serverAuth = '1.3.6.1.5.5.7.3.1'

const root = makeAuthority('root')
const middle = below(root, 'middle')
const leaf = make({ issuer: middle })

t.test('the path is answered from the leaf up', async (t) => {
  const { path, policies } = validatePath({
    leaf: leaf.certificate,
    intermediates: [middle.certificate, leaf.certificate, root.certificate],
    anchors: [makeAuthority('other').certificate, root.certificate],
    at,
  })
  t.same(path, [leaf.certificate, middle.certificate, root.certificate])
  t.same(policies, [])
})

t.test('a refusal names the certificate at fault', async (t) => {
  t.throws(
    () => validatePath({ leaf: leaf.certificate, intermediates: [], anchors: [root.certificate], at }),
    {
      code: 'MORTISE_X509_PATH_INVALID',
      status: 400,
      message: 'the certificate of "CN=leaf" has no path to a trust anchor',
      details: { reason: 'untrusted', subject: 'CN=leaf', serialNumber: '2a' },
    },
  )
  const long = make({ subject: commonName('x'.repeat(1_000)) })
  t.throws(() => validatePath({ leaf: long.certificate, intermediates: [], anchors: [], at }), {
    message: `the certificate of "CN=${'x'.repeat(197)}..." has no path to a trust anchor`,
  })
})

t.test('a trust anchor is held to what it says', async (t) => {
  const anchored = (request: Request, options: Partial<Options> = {}) => {
    const anchor = makeAuthority('anchor', request)
    return judge(make({ issuer: below(anchor, 'below') }), [], [anchor], options)
  }
  const direct = (request: Request) => {
    const anchor = makeAuthority('anchor', request)
    return judge(make({ issuer: anchor }), [], [anchor])
  }
  t.equal(direct({}), 'valid')
  t.equal(direct({ notAfter: '241231130000Z' }), 'expired CN=anchor')
  t.equal(direct({ notBefore: '250101110000Z' }), 'not-yet-valid CN=anchor')
  t.equal(direct({ version: 1, extensions: [] }), 'not-an-authority CN=anchor')
  t.equal(
    direct({ extensions: [authority, extension(oids.keyUsage, bits(Buffer.of(0x80), 7))] }),
    'key-usage CN=anchor',
  )
  t.equal(
    direct({ extensions: [authority, extension('1.2.3', Buffer.of(0), true)] }),
    'critical-extension CN=anchor',
  )
  t.equal(anchored({}), 'untrusted CN=leaf')
  const short = makeAuthority('short', { extensions: [constraints(0)] })
  const inside = below(short, 'inside')
  t.equal(judge(make({ issuer: inside }), [inside], [short]), 'path-length CN=inside')
})

t.test('an anchor may be issued by somebody else, and a self-signed leaf is nobody', async (t) => {
  t.equal(judge(leaf, [root], [middle]), 'valid')
  const self = make()
  t.equal(judge(self, [], [root]), 'untrusted CN=leaf')
})

t.test('authorities between are held to their extensions', async (t) => {
  const through = (request: Request) => {
    const between = below(root, 'between', request)
    return judge(make({ issuer: between }), [between], [root])
  }
  t.equal(through({}), 'valid')
  t.equal(through({ extensions: [] }), 'not-an-authority CN=between')
  t.equal(through({ notAfter: '241231130000Z' }), 'expired CN=between')
  t.equal(through({ extensions: [authority, extension(oids.keyUsage, bits(Buffer.of(0x04), 2))] }), 'valid')
  t.equal(
    through({ extensions: [authority, extension(oids.keyUsage, bits(Buffer.of(0x02), 1))] }),
    'key-usage CN=between',
  )
  t.equal(
    through({ extensions: [authority, extension('1.2.3', Buffer.of(0), true)] }),
    'critical-extension CN=between',
  )
  t.equal(
    through({ extensions: [authority, extension(oids.authorityKeyIdentifier, sequence(), true)] }),
    'critical-extension CN=between',
  )
})

t.test('another issuer is tried where the first leads nowhere', async (t) => {
  const keys = { issuer: root, extensions: [authority] }
  const expired = makeAuthority('twin', { ...keys, notAfter: '241231130000Z' })
  const stranger = makeAuthority('twin')
  const good = makeAuthority('twin', keys)
  const under = make({ issuer: good })
  t.equal(judge(under, [expired, stranger, good], [root]), 'valid')
  t.equal(judge(under, [expired, stranger], [root]), 'expired CN=twin')
  t.equal(judge(under, [stranger], [root]), 'signature CN=leaf')
})

t.test('the search is bounded', async (t) => {
  const crowd = Array.from({ length: 150 }, () => makeAuthority('crowd'))
  t.equal(judge(make({ issuer: crowd[149] as Party }), crowd, [root]), 'limit CN=leaf')
  let deep: Party = root
  const chain = Array.from({ length: 11 }, (_, i) => {
    deep = below(deep, `deep ${i}`)
    return deep
  })
  const bottom = make({ issuer: deep })
  t.equal(judge(bottom, chain, [root]), 'path-length CN=deep 10')
  t.equal(judge(bottom, chain, [root], { maximumDepth: 11 }), 'valid')
})

t.test('mutual signatures lead round in no circle', async (t) => {
  const [a, b] = [makeAuthority('a'), makeAuthority('b')]
  const ab = { ...below(b, 'a'), privateKey: a.privateKey }
  t.equal(judge(make({ issuer: ab }), [ab, below(a, 'b'), b, a], [root]).split(' ')[0], 'signature')
})

t.test('validity is by whole seconds and inclusive', async (t) => {
  const when = (time: string) => judge(leaf, [middle], [root], { at: new Date(time) })
  t.equal(when('2024-12-31T12:00:00Z'), 'valid')
  t.equal(when('2024-12-31T11:59:59.999Z'), 'not-yet-valid CN=middle')
  t.equal(when('2025-01-01T12:00:00.999Z'), 'valid')
  t.equal(when('2025-01-01T12:00:01Z'), 'expired CN=middle')
  t.equal(when('no date'), 'not-yet-valid CN=middle')
})

t.test('purposes', async (t) => {
  const purposed = (above: readonly string[], own: readonly string[]) => {
    const ca = below(root, 'ca', {
      extensions: [authority, ...(above.length > 0 ? [purposes(...above)] : [])],
    })
    const extensions = own.length > 0 ? [purposes(...own)] : []
    return judge(make({ issuer: ca, extensions }), [ca], [root], { purpose: 'clientAuth' })
  }
  t.equal(purposed([], []), 'valid')
  t.equal(purposed([clientAuth], [serverAuth, clientAuth]), 'valid')
  t.equal(purposed([], ['2.5.29.37.0']), 'valid')
  t.equal(purposed([], [serverAuth]), 'purpose CN=leaf')
  t.equal(purposed([serverAuth], [clientAuth]), 'purpose CN=ca')
})

t.test('key usage of the leaf', async (t) => {
  const signer = make({ issuer: root, extensions: [extension(oids.keyUsage, bits(Buffer.of(0x80), 7))] })
  t.equal(judge(signer, [], [root], { keyUsage: ['digitalSignature'] }), 'valid')
  t.equal(judge(signer, [], [root], { keyUsage: ['keyAgreement'] }), 'key-usage CN=leaf')
  t.equal(judge(leaf, [middle], [root], { keyUsage: ['keyAgreement'] }), 'valid')
})

t.test('names of the leaf', async (t) => {
  const named = make({
    issuer: root,
    subject: commonName('cn.example.com'),
    extensions: [
      alternativeNames(
        dns('www.Example.com'),
        dns('*.wild.example.com'),
        email('Jo@Example.com'),
        ip('c0000201'),
      ),
    ],
  })
  const asks = (kind: 'dns' | 'ip' | 'email', value: string, options: Partial<Options> = {}) =>
    judge(named, [], [root], { names: [{ kind, value }], ...options }) === 'valid'
  t.ok(asks('dns', 'WWW.example.com') && asks('email', 'Jo@example.COM') && asks('ip', '192.0.2.1'))
  t.notOk(asks('dns', 'cn.example.com'), 'the common name is none')
  t.notOk(
    asks('email', 'jo@example.com') || asks('ip', '192.0.2.2') || asks('ip', 'x') || asks('dns', '192.0.2.1'),
  )
  const isPublicSuffix = (domain: string) => domain === 'com'
  t.notOk(asks('dns', 'a.wild.example.com'), 'a wildcard without the list of public suffixes')
  t.ok(asks('dns', 'a.wild.example.com', { isPublicSuffix }))
  t.notOk(
    asks('dns', 'wild.example.com', { isPublicSuffix }) ||
      asks('dns', 'a.b.wild.example.com', { isPublicSuffix }),
  )
  t.notOk(asks('dns', 'a.wild.example.com', { isPublicSuffix: () => true }))
  t.notOk(asks('dns', '*.wild.example.com', { isPublicSuffix }))
  const both = [
    { kind: 'dns', value: 'www.example.com' },
    { kind: 'dns', value: 'other.example.com' },
  ] as const
  t.equal(judge(named, [], [root], { names: both }), 'name CN=cn.example.com')
})

const subtree = (base: Uint8Array) => sequence(base)
const permits = (...bases: readonly Uint8Array[]) => sequence(der(constructed(0), ...bases.map(subtree)))
const excludes = (...bases: readonly Uint8Array[]) => sequence(der(constructed(1), ...bases.map(subtree)))

const directory = (value: Buffer) => der(constructed(4), value)
const country = (value: string) => ['2.5.4.6', text(value)] as const
const other = der(constructed(0), oid('1.2.3'), der(constructed(0), integer(1)))

/** Constraints, a name under them, and whether it is allowed. */
const constrained: readonly (readonly [constraints: Uint8Array, name: Uint8Array, isAllowed: boolean])[] = [
  [permits(dns('')), dns('example.com'), true],
  [permits(dns('Example.com')), dns('a.example.COM'), true],
  [permits(dns('example.com')), dns('badexample.com'), false],
  [permits(dns('example.com')), dns('*.example.com'), true],
  [permits(dns('a.example.com')), dns('*.example.com'), false],
  [excludes(dns('a.example.com')), dns('*.example.com'), false],
  [excludes(dns('a.b.example.com')), dns('*.example.com'), true],
  [excludes(dns('example.com')), dns('a.other.com'), true],
  [permits(dns('example.com')), dns('bad_name.example.com'), false],
  [permits(dns('.example.com')), dns('a.example.com'), false],
  [permits(email('.example.com')), email('jo@a.example.com'), true],
  [permits(email('.example.com')), email('jo@example.com'), false],
  [permits(email('example.com')), email('jo@EXAMPLE.com'), true],
  [permits(email('Jo@example.com')), email('jo@example.com'), false],
  [excludes(email('Jo@example.com')), email('Jo@Example.com'), false],
  [permits(email('example.com')), email('"a b"@example.com'), false],
  [permits(uri('example.com')), uri('https://user@Example.com:443/x?y@z'), true],
  [permits(uri('example.com')), uri('https://a.example.com/'), false],
  [permits(uri('.example.com')), uri('https://a.example.com'), true],
  [excludes(uri('example.com')), uri('https://192.0.2.1/'), false],
  [excludes(uri('example.com')), uri('urn:x:y'), false],
  [permits(uri('example.com')), uri('https://example.com\\@evil.com/'), false],
  [permits(ip('c0000200ffffff00')), ip('c00002ff'), true],
  [permits(ip('c0000200ffffff00')), ip('c0000301'), false],
  [permits(ip('c0000200ffff00ff')), ip('c0000200'), false],
  [excludes(ip('c0000200ffffff00')), ip('00000000000000000000ffffc0000201'), true],
  [permits(directory(name(country('DE')))), directory(name(country('de'), ['2.5.4.3', text('x')])), true],
  [permits(directory(name(country('DE')))), directory(name(country('FR'))), false],
  [excludes(other), other, false],
  [excludes(other), dns('example.com'), true],
]

t.test('name constraints', async (t) => {
  for (const [value, name, isAllowed] of constrained) {
    const anchor = makeAuthority('anchor', {
      extensions: [authority, extension(oids.nameConstraints, value, true)],
    })
    const subject = sequence()
    const under = make({ issuer: anchor, subject, extensions: [alternativeNames(name)] })
    const shown = [value, name].map((bytes) => Buffer.from(bytes).toString('latin1')).join(' ')
    t.equal(judge(under, [], [anchor]), isAllowed ? 'valid' : 'name-constraints ', JSON.stringify(shown))
  }
})

t.test('constraints hold for the subject and its mailboxes', async (t) => {
  const subject = name(country('DE'), ['1.2.840.113549.1.9.1', text('jo@example.com', 0x16)])
  const under = (value: Uint8Array) => {
    const anchor = makeAuthority('anchor', {
      extensions: [authority, extension(oids.nameConstraints, value, true)],
    })
    return judge(make({ issuer: anchor, subject }), [], [anchor]).split(' ')[0]
  }
  t.equal(under(permits(directory(name(country('DE'))))), 'valid')
  t.equal(under(permits(directory(name(country('FR'))))), 'name-constraints')
  t.equal(under(permits(email('example.com'))), 'valid')
  t.equal(under(permits(email('example.org'))), 'name-constraints')
})

t.test('names and constraints are compared a bounded number of times', async (t) => {
  const many = (count: number, suffix: string) =>
    Array.from({ length: count }, (_, i) => dns(`${i}.${suffix}`))
  const value = permits(...many(1_000, 'a'), dns('b'))
  const anchor = makeAuthority('anchor', {
    extensions: [authority, extension(oids.nameConstraints, value, true)],
  })
  const under = (count: number) =>
    judge(make({ issuer: anchor, extensions: [alternativeNames(...many(count, 'b'))] }), [], [anchor])
  t.equal(under(200), 'valid')
  t.equal(under(300), 'limit CN=leaf')
})

t.test('policies do not multiply', async (t) => {
  const policies = Array.from({ length: 20 }, (_, i) => `1.2.3.${i}`)
  const all = extension(
    oids.certificatePolicies,
    sequence(...policies.map((policy) => sequence(oid(policy)))),
  )
  const pairs = policies.flatMap((from) => policies.map((to) => sequence(oid(from), oid(to))))
  const mapped = extension('2.5.29.33', sequence(...pairs))
  let issuer: Party = root
  const between = Array.from({ length: 10 }, (_, i) => {
    issuer = below(issuer, `maps ${i}`, { extensions: [authority, all, mapped] })
    return issuer
  })
  const last = make({ issuer, extensions: [all] })
  const options = { explicitPolicy: true, initialPolicies: ['1.2.3.7', '1.2.4'] }
  t.equal(judge(last, between, [root], options), 'valid')
  t.equal(judge(last, between, [root], { ...options, initialPolicies: ['1.2.4'] }), 'policy CN=leaf')
})

t.test('where a policy is required, whoever has none is named', async (t) => {
  const issued = extension(oids.certificatePolicies, sequence(sequence(oid('1.2.3'))))
  const vague = below(root, 'vague')
  const under = make({ issuer: vague, extensions: [issued] })
  t.equal(judge(under, [vague], [root]), 'valid')
  t.equal(judge(under, [vague], [root], { explicitPolicy: true }), 'policy CN=vague')
  const strict = below(root, 'strict', { extensions: [authority, issued] })
  const required = extension('2.5.29.36', sequence(der(primitive(0), Buffer.of(0))), true)
  const asks = (extensions: readonly Uint8Array[]) =>
    judge(make({ issuer: strict, extensions }), [strict], [root])
  t.equal(asks([required, issued]), 'valid')
  t.equal(asks([required]), 'policy CN=leaf')
})

t.test('a critical policy with an unknown qualifier is not obeyed', async (t) => {
  const qualified = (type: string, critical: boolean) => {
    const qualifiers = sequence(sequence(oid(type), integer(1)))
    const value = sequence(sequence(oid('1.2.3'), qualifiers))
    return make({ issuer: root, extensions: [extension(oids.certificatePolicies, value, critical)] })
  }
  t.equal(judge(qualified('1.2.3', false), [], [root]), 'valid')
  t.equal(judge(qualified('1.3.6.1.5.5.7.2.1', true), [], [root]), 'valid')
  t.equal(judge(qualified('1.2.3', true), [], [root]), 'critical-extension CN=leaf')
})
