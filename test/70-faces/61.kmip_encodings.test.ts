import fc from 'fast-check'
import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  bigInteger,
  boolean,
  byteString,
  dateTime,
  dateTimeExtended,
  enumerated,
  Fields,
  integer,
  interval,
  jsonOfTtlv,
  type Kind,
  longInteger,
  requestOfJson,
  structure,
  Tag,
  text,
  xmlOfTtlv,
} from '../../lib/faces/kmip/index.js'
import { ItemType, type ItemTypeName, type TtlvWriter } from '../../lib/native/index.js'
import { messages, writeTree } from '../00-native/ttlv/trees.js'
import { decoder, messageOfJson, messageOfXml, survives, writer } from './kmip.js'

const malformed = { code: 'MORTISE_KMIP_MALFORMED' }

/** An item of each kind, in both encodings, that are to be written so and read so. */
const items: readonly [(writer: TtlvWriter) => void, xml: string, json: string][] = [
  [
    (w) => w.integer(Tag.BatchCount, -1),
    '<BatchCount type="Integer" value="-1"/>',
    '"BatchCount","type":"Integer","value":-1',
  ],
  [
    (w) => w.integer(Tag.CryptographicUsageMask, 0x4000000c),
    '<CryptographicUsageMask type="Integer" value="Encrypt Decrypt 0x40000000"/>',
    '"CryptographicUsageMask","type":"Integer","value":"Encrypt|Decrypt|0x40000000"',
  ],
  [
    (w) => w.integer(Tag.StorageStatusMask, 0),
    '<StorageStatusMask type="Integer" value="0"/>',
    '"StorageStatusMask","type":"Integer","value":0',
  ],
  [
    (w) => w.longInteger(Tag.UsageLimitsTotal, 2n ** 53n + 1n),
    '<UsageLimitsTotal type="LongInteger" value="9007199254740993"/>',
    '"UsageLimitsTotal","type":"LongInteger","value":"0x0020000000000001"',
  ],
  [
    (w) => w.bigInteger(Tag.Modulus, 2n ** 63n),
    '<Modulus type="BigInteger" value="00000000000000008000000000000000"/>',
    '"Modulus","type":"BigInteger","value":"0x00000000000000008000000000000000"',
  ],
  [
    (w) => w.enumeration(Tag.Operation, 1),
    '<Operation type="Enumeration" value="Create"/>',
    '"Operation","type":"Enumeration","value":"Create"',
  ],
  [
    (w) => w.enumeration(Tag.Operation, 0x80000001),
    '<Operation type="Enumeration" value="0x80000001"/>',
    '"Operation","type":"Enumeration","value":"0x80000001"',
  ],
  [
    (w) => w.boolean(Tag.Fresh, true),
    '<Fresh type="Boolean" value="true"/>',
    '"Fresh","type":"Boolean","value":true',
  ],
  [
    (w) => w.text(Tag.NameValue, '<"a" & \n\tß🔑>'),
    '<NameValue type="TextString" value="&lt;&quot;a&quot; &amp; &#10;&#9;ß🔑&gt;"/>',
    '"NameValue","type":"TextString","value":"<\\"a\\" & \\n\\tß🔑>"',
  ],
  [
    (w) => w.byteString(Tag.KeyMaterial, Buffer.of(0xab, 1)),
    '<KeyMaterial type="ByteString" value="AB01"/>',
    '"KeyMaterial","type":"ByteString","value":"AB01"',
  ],
  [
    (w) => w.dateTime(Tag.TimeStamp, -1),
    '<TimeStamp type="DateTime" value="1969-12-31T23:59:59Z"/>',
    '"TimeStamp","type":"DateTime","value":"1969-12-31T23:59:59Z"',
  ],
  [
    (w) => w.dateTime(Tag.TimeStamp, -(2n ** 63n)),
    '<TimeStamp type="DateTime" value="0x8000000000000000"/>',
    '"TimeStamp","type":"DateTime","value":"0x8000000000000000"',
  ],
  [
    (w) => w.interval(Tag.LeaseTime, 2 ** 32 - 1),
    '<LeaseTime type="Interval" value="4294967295"/>',
    '"LeaseTime","type":"Interval","value":4294967295',
  ],
  [
    (w) => w.dateTimeExtended(Tag.TimeStamp, 1),
    '<TimeStamp type="DateTimeExtended" value="0x0000000000000001"/>',
    '"TimeStamp","type":"DateTimeExtended","value":"0x0000000000000001"',
  ],
  [
    (w) => w.text(0x540001, 'own'),
    '<TTLV tag="0x540001" type="TextString" value="own"/>',
    '"0x540001","type":"TextString","value":"own"',
  ],
  [
    (w) => {
      w.begin(0x42ffff)
      w.begin(Tag.Name)
      w.end()
      w.end()
    },
    '<TTLV tag="0x42ffff"><Name/></TTLV>',
    '"0x42ffff","type":"Structure","value":[{"tag":"Name","type":"Structure","value":[]}]',
  ],
]

t.test('each item type, written and read', async (t) => {
  for (const [write, xml, json] of items) {
    const bytes = writer.message((writer) => {
      writer.begin(Tag.RequestMessage)
      write(writer)
      writer.end()
    })
    const message = decoder.decode(bytes)
    t.equal(xmlOfTtlv(message), `<RequestMessage>${xml}</RequestMessage>`)
    t.equal(jsonOfTtlv(message), `{"tag":"RequestMessage","type":"Structure","value":[{"tag":${json}}]}`)
    t.ok(survives(message), xml)
  }
})

t.test('any message survives both', async (t) => {
  let survived = 0
  const property = fc.property(messages, (tree) => {
    const message = decoder.decode(writer.message((writer) => writeTree(writer, tree)))
    try {
      const same = survives(message)
      survived++
      return same
    } catch (error) {
      return isMortiseError(error, 'MORTISE_KMIP_MALFORMED') && /XML cannot carry/.test(error.message)
    }
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1_000 }))
  t.ok(survived > 200)
})

/** Other forms, that are read alike. */
const forms: readonly [type: string, tag: string, same: readonly unknown[]][] = [
  ['Integer', 'BatchCount', [-1, '-1', '0xffffffff', '0xFFFFFFFF']],
  [
    'Integer',
    'CryptographicUsageMask',
    [12, '12', 'Encrypt Decrypt', 'Decrypt|Encrypt', '0x00000004|Decrypt', '0x0000000c'],
  ],
  ['Enumeration', 'HashingAlgorithm', ['SHA_256', 'SHA256', '0x00000006', 6, '0x6']],
  ['LongInteger', 'UsageLimitsTotal', [-2, '-2', '0xfffffffffffffffe']],
  ['BigInteger', 'Modulus', [-1, '0xff', 'ff', '0xFFFFFFFFFFFFFFFF']],
  ['Boolean', 'Fresh', [true, 'true', '0x0000000000000001']],
  ['ByteString', 'KeyMaterial', ['ab01', 'AB01']],
  ['Interval', 'LeaseTime', [4294967295, '4294967295', '0xffffffff']],
  [
    'DateTime',
    'TimeStamp',
    [
      '2008-03-14T11:56:40Z',
      '2008-03-14T11:56:40.999+00:00',
      '2008-03-14T12:56:40+01:00',
      '2008-03-13T22:56:40-13:00',
      '2008-03-14T11:56:40',
      '0x0000000047da67f8',
    ],
  ],
  ['DateTimeExtended', 'TimeStamp', [5, '5', '0x0000000000000005']],
]

/** No forms of the type. */
const wrong: readonly [type: string, tag: string, values: readonly unknown[]][] = [
  [
    'Integer',
    'BatchCount',
    ['', ' ', 'x', 'Encrypt', 2 ** 31, 0.5, '2147483648', '0xfff', true, null, [], {}, undefined],
  ],
  ['Integer', 'CryptographicUsageMask', ['Encrypt Nothing', '|']],
  [
    'Enumeration',
    'HashingAlgorithm',
    ['', 'SHA_257', '-1', -1, 2 ** 32, '0x100000000', 'constructor', '__proto__', null],
  ],
  ['LongInteger', 'UsageLimitsTotal', [2 ** 53, '9223372036854775808', '0x01', 1.5, '']],
  ['BigInteger', 'Modulus', ['', '0x', 'f', 'xy', 1.5]],
  ['Boolean', 'Fresh', ['yes', 'TRUE', 2, null]],
  ['ByteString', 'KeyMaterial', ['a', 'xy', '0xab', 5]],
  ['Interval', 'LeaseTime', [-1, '-1', 2 ** 32, 'P1D']],
  [
    'DateTime',
    'TimeStamp',
    [
      '2008-03-14',
      '2008-02-30T00:00:00Z',
      '2008-13-01T00:00:00Z',
      '2008-03-14T24:00:00Z',
      '2008-03-14T11:56:60Z',
      '2008-03-14T11:56:40+15:00',
      'now',
      5,
    ],
  ],
  ['TextString', 'NameValue', [5, null, ['a'], '\ud800']],
  ['Structure', 'Name', ['a', 5, {}, [5], [null]]],
]

const jsonItem = (tag: string, type: string | undefined, value: unknown) =>
  JSON.stringify({ tag: 'RequestMessage', value: [{ tag, type, value }] })

t.test('other forms of a value', async (t) => {
  for (const [type, tag, [first, ...others]] of forms) {
    const { bytes } = messageOfJson(jsonItem(tag, type, first))
    for (const other of others)
      t.ok(messageOfJson(jsonItem(tag, type, other)).bytes.equals(bytes), String(other))
    for (const one of [first, ...others].filter((value) => typeof value === 'string')) {
      const xml = `<RequestMessage><${tag} type="${type}" value="${one}"/></RequestMessage>`
      t.ok(messageOfXml(xml).bytes.equals(bytes), xml)
    }
  }
})

t.test('what is no value is refused, and not shown', async (t) => {
  for (const [type, tag, values] of wrong) {
    for (const value of values) {
      try {
        messageOfJson(jsonItem(tag, type, value))
        t.fail(`${type} ${JSON.stringify(value)}`)
      } catch (error) {
        const code =
          type === 'TextString' && value === '\ud800' ? 'MORTISE_INPUT_INVALID' : 'MORTISE_KMIP_MALFORMED'
        t.ok(isMortiseError(error, code), `${type} ${JSON.stringify(value)}`)
      }
    }
  }
  const secret = 'hunter2hunter2'
  for (const type of ['Integer', 'Enumeration', 'ByteString', 'DateTime']) {
    t.throws(() => messageOfJson(jsonItem('Password', type, secret)), { message: /^(?!.*hunter2)/ })
  }
})

t.test('XML as people write it', async (t) => {
  const plain = messageOfXml('<RequestMessage><NameValue type="TextString" value="A b"/></RequestMessage>')
  const same = [
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a -- no, - comment -->\n<RequestMessage>\n<NameValue type="TextString" value="A b"/></RequestMessage>',
    '\ufeff<RequestMessage ><NameValue value=\'A b\' type = "TextString" ></NameValue ></RequestMessage>\n',
    '<k:RequestMessage xmlns:k="urn:oasis:tc:kmip:xmlns"><k:NameValue type="TextString" value="&#x41;&#32;b"/></k:RequestMessage>',
    '<RequestMessage><!----><TTLV tag="0x420055" name="x" type="TextString" value="A\nb"/><?x y?></RequestMessage>',
    '<TTLV tag="0x420078" type="Structure"><NameValue type="TextString" value="A b"/></TTLV>',
  ]
  for (const xml of same) t.ok(messageOfXml(xml).bytes.equals(plain.bytes), xml)
})

t.test('hostile XML', async (t) => {
  const many = 200_000
  const hostile = [
    '',
    '   ',
    'text',
    '<RequestMessage>',
    '</RequestMessage>',
    '<RequestMessage></RequestHeader>',
    '<RequestMessage>text</RequestMessage>',
    '<RequestMessage/><RequestMessage/>',
    '<RequestMessage/>text',
    '<RequestMessage><BatchCount type="Integer" value="1"><BatchCount type="Integer" value="1"/></BatchCount></RequestMessage>',
    '<RequestMessage><BatchCount type="Integer"/></RequestMessage>',
    '<RequestMessage><BatchCount type="Integer" value="1" value="2"/></RequestMessage>',
    '<RequestMessage><BatchCount type="Number" value="1"/></RequestMessage>',
    '<RequestMessage><Unknown type="Integer" value="1"/></RequestMessage>',
    '<RequestMessage><TTLV type="Integer" value="1"/></RequestMessage>',
    '<RequestMessage><TTLV tag="0x410001" type="Integer" value="1"/></RequestMessage>',
    '<BatchCount type="Integer" value="1"/>',
    '<!DOCTYPE RequestMessage [<!ENTITY a "b">]><RequestMessage/>',
    '<!DOCTYPE RequestMessage SYSTEM "file:///etc/passwd"><RequestMessage/>',
    '<RequestMessage><NameValue type="TextString" value="&a;"/></RequestMessage>',
    '<RequestMessage><NameValue type="TextString" value="&"/></RequestMessage>',
    '<RequestMessage><NameValue type="TextString" value="&#0;"/></RequestMessage>',
    '<RequestMessage><NameValue type="TextString" value="&#xd800;"/></RequestMessage>',
    '<RequestMessage><NameValue type="TextString" value="&#x110000;"/></RequestMessage>',
    '<RequestMessage><NameValue type="TextString" value="<"/></RequestMessage>',
    '<RequestMessage><![CDATA[x]]></RequestMessage>',
    '<RequestMessage><NameValue type="constructor" value="x"/></RequestMessage>',
    '<RequestMessage><!-- ',
    `<!--${'-'.repeat(many)}`,
    `<?${'?'.repeat(many)}`,
    `<RequestMessage${' '.repeat(many)}`,
    `<RequestMessage ${'a="b" '.repeat(many)}>`,
    `<${'a'.repeat(many)}/>`,
    `<RequestMessage><NameValue type="TextString" value="${'&'.repeat(many)}"/></RequestMessage>`,
    `<RequestMessage><NameValue type="TextString" value="${'x'.repeat(many)}`,
    '<RequestMessage>'.repeat(many),
    '<RequestMessage>'.repeat(33) + '</RequestMessage>'.repeat(33),
  ]
  for (const xml of hostile) t.throws(() => messageOfXml(xml), malformed, xml.slice(0, 80))
  const comment = `<!--${'a - '.repeat(many)}--><RequestMessage/>`
  t.doesNotThrow(() => messageOfXml(comment))
  const large = { code: 'MORTISE_INPUT_TOO_LARGE' }
  t.throws(() => messageOfXml(' '.repeat(2 ** 23 + 1)), { ...large, message: /8388608 characters/ })
  t.throws(() => messageOfXml(`<RequestMessage>${'<Name/>'.repeat(2 ** 18)}`), {
    ...large,
    message: /131072 items/,
  })
  t.throws(() => xmlOfTtlv(messageOfJson(jsonItem('NameValue', 'TextString', 'a\u0000'))), malformed)
})

t.test('hostile JSON', async (t) => {
  const nested = (levels: number) => '{"tag":"RequestMessage","value":['.repeat(levels) + ']}'.repeat(levels)
  const hostile = [
    '',
    'null',
    '5',
    '[]',
    '{}',
    '{"tag":5}',
    '{"tag":"Unknown"}',
    '{"tag":"__proto__"}',
    '{"tag":"RequestMessage","type":5}',
    '{"tag":"RequestMessage","type":"structure"}',
    '{"tag":"RequestMessage","value":{}}',
    '{"tag":"RequestMessage"} x',
    '{"tag":"BatchCount","type":"Integer","value":1}',
    jsonItem('BatchCount', undefined, 1),
    '['.repeat(100_000),
    nested(2).replaceAll('RequestMessage', 'BatchItem').repeat(2),
  ]
  for (const json of hostile) t.throws(() => messageOfJson(json), malformed, json.slice(0, 80))
  const alternating = (levels: number) =>
    '{"tag":"RequestMessage","value":[{"tag":"BatchItem","value":['.repeat(levels / 2) +
    ']}]}'.repeat(levels / 2)
  t.doesNotThrow(() => messageOfJson(alternating(32)))
  t.throws(() => messageOfJson(alternating(34)), malformed)
  t.throws(() => messageOfJson(alternating(100_000)), malformed)
  const large = { code: 'MORTISE_INPUT_TOO_LARGE' }
  t.throws(() => messageOfJson(' '.repeat(2 ** 23 + 1)), { ...large, message: /8388608 characters/ })
  t.throws(() => messageOfJson('{'.repeat(2 ** 18 + 1)), { ...large, message: /131072 items/ })
})

t.test("Cosmian's dialect", async (t) => {
  const bare = JSON.stringify({
    tag: 'Import',
    value: [
      { tag: 'ReplaceExisting', type: 'Boolean', value: true },
      { value: 'an-id', type: 'TextString', tag: 'UniqueIdentifier' },
      {
        tag: 'Attributes',
        type: 'Structure',
        value: [
          { tag: 'CryptographicUsageMask', type: 'Enumeration', value: 12 },
          {
            tag: 'Link',
            type: 'Structure',
            value: [
              {
                tag: 'Link',
                type: 'Structure',
                value: [{ tag: 'LinkType', type: 'Enumeration', value: 'PublicKeyLink' }],
              },
              {
                tag: 'Link',
                type: 'Structure',
                value: [{ tag: 'LinkType', type: 'Enumeration', value: 'PrivateKeyLink' }],
              },
            ],
          },
        ],
      },
      { tag: 'IvCounterNonce', type: 'ByteString', value: '00' },
    ],
  })
  const request = requestOfJson(writer, bare)
  t.equal(request.bare, 'Import')
  const message = new Fields(decoder.decode(request.bytes))
  const version = message.required(Tag.RequestHeader, structure).required(Tag.ProtocolVersion, structure)
  t.same(
    [
      version.required(Tag.ProtocolVersionMajor, integer),
      version.required(Tag.ProtocolVersionMinor, integer),
    ],
    [2, 1],
  )
  const item = message.required(Tag.BatchItem, structure)
  t.equal(item.required(Tag.Operation, enumerated), 0x2a)
  const payload = item.required(Tag.RequestPayload, structure)
  t.equal(payload.required(Tag.UniqueIdentifier, text), 'an-id')
  t.same(payload.required(Tag.IVCounterNonce, byteString), Buffer.of(0))
  const attributes = payload.required(Tag.Attributes, structure)
  t.equal(attributes.required(Tag.CryptographicUsageMask, integer), 12)
  t.same(
    attributes.all(Tag.Link, structure).map((link) => link.required(Tag.LinkType, enumerated)),
    [0x102, 0x103],
  )
  const answer = jsonOfTtlv(message.message, {
    dialect: 'cosmian',
    item: attributes.item,
    tag: 'ImportResponse',
  })
  t.match(
    answer,
    /^\{"tag":"ImportResponse","type":"Structure","value":\[\{"tag":"CryptographicUsageMask","type":"Integer","value":12\}/,
  )

  t.equal(requestOfJson(writer, '{"tag":"Mac","value":[]}').bare, 'MAC')
  t.equal(requestOfJson(writer, '{"tag":"RequestMessage","value":[]}').bare, undefined)
  for (const [type, value, code, message] of [
    ['TextString', 'gone', 1, 'gone'],
    ['Enumeration', 'KeyCompromise', 2, undefined],
    ['Integer', 2, 2, undefined],
  ] as const) {
    const { bytes } = requestOfJson(
      writer,
      JSON.stringify({ tag: 'Revoke', value: [{ tag: 'RevocationReason', type, value }] }),
    )
    const reason = new Fields(decoder.decode(bytes))
      .required(Tag.BatchItem, structure)
      .required(Tag.RequestPayload, structure)
      .required(Tag.RevocationReason, structure)
    t.equal(reason.required(Tag.RevocationReasonCode, enumerated), code)
    t.equal(reason.optional(Tag.RevocationMessage, text), message)
  }
})

t.test('typed fields', async (t) => {
  const element = (type: string, value: string) =>
    `<TTLV tag="0x54000${ItemType[type as ItemTypeName].toString(16)}" type="${type}" value="${value}"/>`
  const values = [
    [integer, 'Integer', '-3', -3],
    [longInteger, 'LongInteger', '-3', -3n],
    [bigInteger, 'BigInteger', 'ff', -1n],
    [enumerated, 'Enumeration', '0xffffffff', 2 ** 32 - 1],
    [boolean, 'Boolean', 'true', true],
    [text, 'TextString', 'ß', 'ß'],
    [byteString, 'ByteString', '00', Buffer.of(0)],
    [dateTime, 'DateTime', '1970-01-01T00:00:01Z', 1n],
    [interval, 'Interval', '4294967295', 2 ** 32 - 1],
    [dateTimeExtended, 'DateTimeExtended', '7', 7n],
  ] as const
  const xml = values.map(([, type, value]) => element(type, value)).join('')
  const fields = new Fields(
    messageOfXml(
      `<RequestMessage>${xml}<NameValue type="TextString" value="a"/><NameValue type="TextString" value="b"/></RequestMessage>`,
    ),
  )
  for (const [kind, type, , expected] of values) {
    t.same(fields.required<unknown>(0x540000 + ItemType[type], kind), expected)
    const another: Kind<unknown> = type === 'Integer' ? text : integer
    t.throws(() => fields.optional(0x540000 + ItemType[type], another), malformed)
  }
  t.equal(fields.optional(Tag.TimeStamp, integer), undefined)
  t.same(fields.all(Tag.NameValue, text), ['a', 'b'])
  t.equal(fields.typeOf(Tag.NameValue), ItemType.TextString)
  t.equal(fields.typeOf(Tag.TimeStamp), undefined)
  const missing = { ...malformed, message: /TimeStamp is missing in RequestMessage/ }
  t.throws(() => fields.required(Tag.TimeStamp, integer), missing)
  t.throws(() => fields.required(0x540002, text), {
    ...malformed,
    message: /0x540002 must be of the type TextString \(byte 8\)/,
  })
})
