import t from 'tap'
import { DerReader } from '../../lib/x509/der/reader.js'
import { descriptorOf, ipBytes, ipText, keysOfText } from '../../lib/x509/index.js'
import { isHost, isHostPattern, isSameMailbox, mailbox } from '../../lib/x509/name/hosts.js'
import { type Name, readName } from '../../lib/x509/name/name.js'
import { der, name, oid, sequence, tags, text } from './der.js'

const cn = '2.5.4.3'
const read = (bytes: Uint8Array): Name => readName(new DerReader(bytes))
const common = (value: string, tag?: number) => read(name([cn, text(value, tag)]))
const invalid = { code: 'MORTISE_X509_INVALID' }

t.test('a name as text (RFC 4514)', async (t) => {
  const example = name(
    ['0.9.2342.19200300.100.1.25', text('com', tags.ia5String)],
    ['2.5.4.10', text('Sue, Grabbit and Runn', tags.printableString)],
    [cn, text(' L. "Eagle"\r')],
  )
  t.equal(read(example).text, 'CN=\\ L. \\"Eagle\\"\\0d,O=Sue\\, Grabbit and Runn,DC=com')
  t.equal(common('#1').text, 'CN=\\#1')
  t.equal(common('Lučić').text, 'CN=Lučić')
  t.equal(common('end ').text, 'CN=end\\ ')
  t.equal(
    read(name(['1.3.6.1.4.1.1466.0', der(tags.octetString, Buffer.from('Hi'))])).text,
    '1.3.6.1.4.1.1466.0=#04024869',
  )
  const pair = sequence(
    der(tags.set, sequence(oid('2.5.4.11'), text('Sales')), sequence(oid(cn), text('J. Smith'))),
  )
  t.equal(read(pair).text, 'OU=Sales+CN=J. Smith')
  t.equal(read(sequence()).text, '')
  t.ok(read(sequence()).isEmpty)
})

t.test('names are compared by RFC 5280 section 7.1', async (t) => {
  const equal: readonly (readonly [Name, Name])[] = [
    [common('Example CA'), common('example ca', tags.printableString)],
    [common('  Example   CA '), common('Example CA')],
    [common('Straße'), common('STRAßE')],
    [common('e\u0301'), common('\u00c9')],
    [common('\ufb01x'), common('fix')],
    [common('soft\u00adhyphen'), common('softhyphen')],
    [common('a\tb'), common('a b')],
    [common('A', tags.teletexString), common('a')],
    [read(name([cn, der(tags.bmpString, Buffer.from('00410062', 'hex'))])), common('ab')],
    [read(name([cn, der(tags.universalString, Buffer.from('0001f600', 'hex'))])), common('😀')],
  ]
  for (const [one, other] of equal) t.ok(one.equals(other) && other.equals(one), one.text)
  const different: readonly (readonly [Name, Name])[] = [
    [common('Example CA'), common('ExampleCA')],
    [common('a'), read(name(['2.5.4.10', text('a')]))],
    [common('a'), read(sequence())],
    [common('a'), read(name([cn, text('a')], [cn, text('a')]))],
    [common('\ue000'), read(name([cn, der(tags.bmpString, Buffer.from('e000', 'hex'))]))],
    [
      read(name([cn, text('a')], ['2.5.4.10', text('b')])),
      read(name(['2.5.4.10', text('b')], [cn, text('a')])),
    ],
  ]
  for (const [one, other] of different) t.notOk(one.equals(other) || other.equals(one), one.text)
  const attributes = [sequence(oid('2.5.4.11'), text('x')), sequence(oid(cn), text('y'))]
  const inOrder = read(sequence(der(tags.set, ...attributes)))
  t.ok(
    inOrder.equals(read(sequence(der(tags.set, ...attributes.reverse())))),
    'attributes of one relative name are a set',
  )
})

t.test('a name that stands as text is compared with those in certificates', async (t) => {
  const example = read(
    name(['2.5.4.6', text('DE')], ['2.5.4.10', text('Sue, Grabbit and Runn')], [cn, text('# L. "Eagle" ')]),
  )
  const texts = [
    example.text,
    'cn=\\# l. \\"eagle\\",o=sue\\, grabbit and runn,c=de',
    ' CN = \\23 L. \\22Eagle\\22\\20 , O = Sue\\2c  Grabbit and  Runn , C = DE ',
    '2.5.4.3=#0c0d23204c2e20224561676c652220,2.5.4.10=Sue\\, Grabbit and Runn,2.5.4.6=DE',
  ]
  for (const one of texts) t.same(keysOfText(one), example.keys, one)
  t.same(
    keysOfText('OU=a+CN=b,O=c'),
    keysOfText('cn=B + ou=A, o=C'),
    'attributes of one relative name are a set',
  )
  t.same(keysOfText('CN=Lu\\C4\\8Di\\C4\\87'), common('Lučić').keys)
  t.same(keysOfText('E=a@b,S=Bavaria'), keysOfText('emailAddress=a@b,ST=Bavaria'))
  t.same(
    keysOfText('sAMAccountName=a'),
    keysOfText('samaccountname=A'),
    'types that certificates do not know',
  )
  const odd = read(name(['1.3.6.1.4.1.1466.0', der(tags.octetString, Buffer.from('Hi'))]))
  t.same(keysOfText(odd.text), odd.keys)
  for (const one of [example, odd, common('\ue000'), common('#04'), common('a=b,c=d+e=f')]) {
    t.same(keysOfText(one.keys.toReversed().join()), one.keys, 'what it is compared by is its text as well')
  }
  const different = [
    'CN=a,O=b',
    'O=b,CN=a',
    'CN=a+O=b',
    'CN=a\\,O\\=b',
    'CN=a',
    'CN=a,O=b,O=b',
    'CN=#0401 61'.replace(' ', ''),
  ]
  t.equal(new Set(different.map((one) => keysOfText(one).join())).size, different.length)
  const none = [
    '',
    'CN',
    'CN=',
    'CN= ',
    '=a',
    'CN=a,',
    ',CN=a',
    'CN=a;O=b',
    'CN="a"',
    'CN=a\\',
    'CN=\\x',
    'CN=#',
    'CN=#0',
    'CN=#04',
    'CN=a\0',
    '/CN=a',
    'CN=\\ff',
    'CN=\u00ad',
    '1=a',
  ]
  for (const one of none) t.throws(() => keysOfText(one), invalid, one)
})

t.test('types have descriptors', async (t) => {
  t.equal(descriptorOf(cn), 'CN')
  t.equal(descriptorOf('1.2.3'), undefined)
})

t.test('one name within another', async (t) => {
  const base = read(name(['2.5.4.6', text('DE')], ['2.5.4.10', text('Example')]))
  const below = read(name(['2.5.4.6', text('de')], ['2.5.4.10', text('EXAMPLE')], [cn, text('a')]))
  t.ok(below.isWithin(base) && base.isWithin(base) && base.isWithin(read(sequence())))
  t.notOk(base.isWithin(below) || common('a').isWithin(base))
})

t.test('strings that are not of their type are refused', async (t) => {
  const values = [
    der(tags.utf8String, Buffer.from('ff', 'hex')),
    der(tags.printableString, Buffer.from('ff', 'hex')),
    der(tags.bmpString, Buffer.from('004100', 'hex')),
    der(tags.bmpString, Buffer.from('d800', 'hex')),
    der(tags.universalString, Buffer.from('00110000', 'hex')),
  ]
  for (const value of values) t.throws(() => read(name([cn, value])), invalid)
  t.throws(() => read(sequence(der(tags.set))), invalid, 'a relative name has an attribute')
  t.throws(() => read(der(tags.set)), invalid)
})

t.test('host names and mailboxes', async (t) => {
  for (const host of ['example.com', 'a', 'xn--nxasmq6b', 'a-b.c', `${'a'.repeat(63)}.b`])
    t.ok(isHost(host), host)
  const none = [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '-a',
    'a-',
    'a_b',
    '8.8.8.8',
    '*.a',
    'a b',
    'ä',
    `${'a'.repeat(64)}.b`,
  ]
  for (const host of none) t.notOk(isHost(host), host)
  t.ok(
    isHostPattern('*.example.com') &&
      !isHostPattern('*') &&
      !isHostPattern('a*.b') &&
      !isHostPattern('*.*.a'),
  )
  t.same(mailbox('a.b@example.com'), { local: 'a.b', host: 'example.com' })
  for (const one of ['a', '@a', 'a@', 'a@b@c', 'a b@c', 'a\0b@c', 'a@b_c'])
    t.equal(mailbox(one), undefined, one)
  t.ok(
    isSameMailbox('A@Example.com', 'A@example.COM') &&
      !isSameMailbox('A@b', 'a@b') &&
      !isSameMailbox('a', 'a'),
  )
})

t.test('IP addresses', async (t) => {
  t.same(ipBytes('192.0.2.1'), Uint8Array.of(192, 0, 2, 1))
  const mapped = ['::1', '2001:db8::8a2e:370:7334', '::', '1:2:3:4:5:6:7:8', 'fe80::']
  for (const address of mapped) t.equal(ipText(ipBytes(address) ?? new Uint8Array()), address)
  t.same(ipBytes('::ffff:192.0.2.1'), ipBytes('0:0:0:0:0:FFFF:c000:0201'))
  t.equal(ipBytes('::1')?.length, 16)
  for (const none of ['', '1.2.3', '01.2.3.4', 'fe80::1%eth0', '1::2::3', 'example.com'])
    t.equal(ipBytes(none), undefined)
})
