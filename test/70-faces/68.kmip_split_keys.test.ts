/** Keys that are split and joined over KMIP. */
import t from 'tap'
import { Face } from './face.js'
import { id, KmipClient, value } from './kmip_client.js'

const face = await Face.open(t, { '--faces-kmip': 'true' })
const kmip = new KmipClient(face)

const aes = [
  value('CryptographicAlgorithm', 'Enumeration', 'AES'),
  value('CryptographicLength', 'Integer', '128'),
  value('CryptographicUsageMask', 'Integer', 'Encrypt Decrypt'),
].join('')
/** 2^130 - 5. */
const prime = '000000000000000' + '3fffffffffffffffffffffffffffffffb'

function split(method: string, parts: number, threshold: number, more = ''): string {
  return [
    value('SplitKeyParts', 'Integer', String(parts)),
    value('SplitKeyThreshold', 'Integer', String(threshold)),
    value('SplitKeyMethod', 'Enumeration', method),
    more,
  ].join('')
}

async function shares(
  method: string,
  parts: number,
  threshold: number,
  more = '',
  key = '',
): Promise<string[]> {
  const answer = await kmip.one(
    '2.1',
    'CreateSplitKey',
    `${value('ObjectType', 'Enumeration', 'SplitKey')}${key && id(key)}${split(method, parts, threshold, more)}<Attributes>${key ? '' : aes}</Attributes>`,
  )
  if (answer.status !== 'Success') throw new Error(`${answer.reason}: ${answer.message}`)
  return answer.fields('UniqueIdentifier')
}

async function joined(ids: readonly string[], said = ''): Promise<string> {
  const answer = await kmip.one(
    '2.1',
    'JoinSplitKey',
    `${value('ObjectType', 'Enumeration', 'SymmetricKey')}${ids.map(id).join('')}<Attributes>${said}</Attributes>`,
  )
  const made = answer.field('UniqueIdentifier')
  if (made === undefined) return `${answer.reason}`
  return (await kmip.one('2.1', 'Get', id(made))).field('KeyMaterial') ?? 'none'
}

const methods = [
  ['XOR', 3, 3, ''],
  ['PolynomialSharingGF2_8', 5, 3, ''],
  ['PolynomialSharingGF2_16', 5, 3, ''],
  ['PolynomialSharingPrimeField', 5, 3, ''],
  ['PolynomialSharingPrimeField', 4, 2, value('PrimeFieldSize', 'BigInteger', prime)],
] as const

t.test('a key is split by every method, and joined of as many shares as it needs', async (t) => {
  for (const [method, parts, threshold, more] of methods) {
    const made = await kmip.one(
      '2.1',
      'Create',
      `${value('ObjectType', 'Enumeration', 'SymmetricKey')}<Attributes>${aes}</Attributes>`,
    )
    const key = made.field('UniqueIdentifier') ?? made.message
    const material = (await kmip.one('2.1', 'Get', id(key))).field('KeyMaterial')
    const ids = await shares(method, parts, threshold, more, key)
    t.equal(ids.length, parts)
    t.equal(await joined(ids.slice(-threshold)), material, method)
    t.equal(await joined(ids.slice(1 - threshold)), 'CryptographicFailure', 'too few')
    t.equal(await joined([...ids.slice(1), ids[1] ?? '']), 'CryptographicFailure', 'one twice')
  }
})

t.test('shares are got and registered elsewhere, which do not say what they are of', async (t) => {
  for (const [method, parts, threshold, more] of methods) {
    const ids = await shares(method, parts, threshold, more)
    const first = await joined(ids)
    const again: string[] = []
    for (const share of ids) {
      const got = await kmip.text(
        `<RequestMessage><RequestHeader><ProtocolVersion>${value('ProtocolVersionMajor', 'Integer', '2')}${value('ProtocolVersionMinor', 'Integer', '1')}</ProtocolVersion>${value('BatchCount', 'Integer', '1')}</RequestHeader><BatchItem>${value('Operation', 'Enumeration', 'Get')}<RequestPayload>${id(share)}</RequestPayload></BatchItem></RequestMessage>`,
      )
      const [object = ''] = /<SplitKey>[\s\S]*<\/SplitKey>/.exec(got) ?? []
      const bare = object.replace(/<Cryptographic(Algorithm|Length)[^>]*>/g, '')
      t.equal(/PrimeFieldSize/.test(object), method === 'PolynomialSharingPrimeField')
      const registered = await kmip.one(
        '2.1',
        'Register',
        `${value('ObjectType', 'Enumeration', 'SplitKey')}<Attributes/>${bare}`,
      )
      again.push(registered.field('UniqueIdentifier') ?? registered.message)
      t.equal((await kmip.one('2.1', 'Destroy', id(share))).status, 'Success')
    }
    t.equal(await joined(again.slice(0, threshold), aes), first, method)
    t.equal(await joined(again.slice(0, threshold)), 'InvalidField', 'of what kind?')
  }
})

t.test('what is not split', async (t) => {
  const refusal = (...args: Parameters<typeof shares>) => shares(...args).then(String, String)
  t.match(await refusal('XOR', 3, 2), /InvalidField/, 'all of them are needed')
  t.match(await refusal('PolynomialSharingGF2_8', 2, 3), /InvalidField/)
  t.match(await refusal('PolynomialSharingGF2_8', 256, 3), /InvalidField/)
  const even = value('PrimeFieldSize', 'BigInteger', `${prime.slice(0, -1)}c`)
  t.match(await refusal('PolynomialSharingPrimeField', 3, 2, even), /InvalidField/, 'no prime')
  const made = await kmip.one(
    '2.1',
    'Create',
    `${value('ObjectType', 'Enumeration', 'SymmetricKey')}<Attributes>${aes}${value('Extractable', 'Boolean', 'false')}</Attributes>`,
  )
  t.match(await refusal('XOR', 2, 2, '', made.field('UniqueIdentifier')), /NotExtractable/)
})
