import t from 'tap'
import { DerReader } from '../../lib/x509/der/reader.js'
import { readTime } from '../../lib/x509/time.js'
import { integer, oid, sequence, text, time } from './der.js'

const reader = (hex: string) => new DerReader(Buffer.from(hex, 'hex'))
const invalid = { code: 'MORTISE_X509_INVALID' }

t.test('values are read one after the other', async (t) => {
  const fields = new DerReader(sequence(integer(5), oid('1.2.840.113549'), text('x'))).sequence()
  t.equal(fields.count(), 5)
  t.equal(fields.oid(), '1.2.840.113549')
  t.notOk(fields.done)
  t.throws(() => fields.end(), invalid)
  t.same(fields.element().content, Buffer.from('x'))
  t.ok(fields.done)
  fields.end()
  t.throws(() => fields.element(), invalid)
})

const lengths = {
  'of 200 bytes': { hex: `0481c8${'00'.repeat(200)}`, size: 200 },
  'of 300 bytes': { hex: `0482012c${'00'.repeat(300)}`, size: 300 },
  indefinite: { hex: '0480000000' },
  'in the long form though short': { hex: '048101ff' },
  'with a zero in front': { hex: `04820080${'00'.repeat(128)}` },
  'of more bytes than there are': { hex: '0402ff' },
  'of 4 bytes': { hex: '048400000001ff' },
  'cut off': { hex: '0482ff' },
  reserved: { hex: '04ff' },
}
for (const [name, { hex, ...rest }] of Object.entries(lengths)) {
  t.test(`a length ${name}`, async (t) => {
    const read = () => reader(hex).octetString()
    if ('size' in rest) t.equal(read().length, rest.size)
    else t.throws(read, invalid)
  })
}

t.test('a tag of more than one byte, and a string in parts', async (t) => {
  t.throws(() => reader('1f8101').element(), invalid)
  t.throws(() => reader('240304010a').octetString(), invalid)
})

t.test('INTEGER', async (t) => {
  t.equal(reader('02020100').count(), 256)
  t.equal(reader('020500ffffffff').count(), 2 ** 31 - 1)
  for (const hex of ['0200', '02020001', '0202ff80', '02020000'])
    t.throws(() => reader(hex).integer(), invalid)
  t.same(reader('0201ff').integer(), Buffer.from('ff', 'hex'))
  t.throws(() => reader('0201ff').count(), invalid)
})

t.test('BOOLEAN DEFAULT FALSE', async (t) => {
  t.equal(reader('0101ff').flag(), true)
  t.equal(reader('').flag(), false)
  t.equal(reader('020101').flag(), false)
  for (const hex of ['010101', '010100', '0100', '0102ffff']) t.throws(() => reader(hex).flag(), invalid)
})

t.test('BIT STRING', async (t) => {
  t.same(reader('030206c0').bitString(), { bytes: Buffer.from('c0', 'hex'), unused: 6 })
  t.same(reader('030100').bitString(), { bytes: Buffer.alloc(0), unused: 0 })
  t.throws(() => reader('030206c0').bitBytes(), invalid)
  for (const hex of ['0300', '030101', '030208c0', '030206c1'])
    t.throws(() => reader(hex).bitString(), invalid)
})

t.test('OBJECT IDENTIFIER', async (t) => {
  for (const text of ['0.9', '1.39.1', '2.999.3', '2.25.329800735698586629295641978511506172918']) {
    t.equal(new DerReader(oid(text)).oid(), text)
  }
  for (const hex of ['0600', '060180', '06022a80', '06032a8001', `0641${'2a'.repeat(65)}`]) {
    t.throws(() => reader(hex).oid(), invalid)
  }
})

t.test('times are as RFC 5280 has them', async (t) => {
  const read = (value: string) => readTime(new DerReader(time(value))).toISOString()
  t.equal(read('491231235959Z'), '2049-12-31T23:59:59.000Z')
  t.equal(read('500101000000Z'), '1950-01-01T00:00:00.000Z')
  t.equal(read('240229000000Z'), '2024-02-29T00:00:00.000Z')
  t.equal(read('99991231235959Z'), '9999-12-31T23:59:59.000Z')
  t.equal(read('00500101000000Z'), '0050-01-01T00:00:00.000Z')
  const broken = [
    '230229000000Z',
    '241301000000Z',
    '240001000000Z',
    '240100000000Z',
    '240101240000Z',
    '240101006000Z',
    '240101000060Z',
    '2401010000Z',
    '240101000000+0100',
    '20240101000000.5Z',
    '2024010100000Z',
    '24010100000aZ',
  ]
  for (const value of broken) t.throws(() => read(value), invalid, value)
  t.throws(() => readTime(new DerReader(integer(1))), invalid)
})
