import { checkPrimeSync, generateKeyPairSync, generatePrimeSync } from 'node:crypto'
import t from 'tap'
import { keyFindings, type PublicKeyInfo, parsePublicKey } from '../../lib/x509/index.js'
import { primesBelow } from '../../lib/x509/key_checks/rsa.js'
import { bits, der, oid, sequence, tags } from './der.js'
import { makeKeys } from './signers.js'

/** Names of what is found. */
function found(spki: Uint8Array): readonly string[] {
  const publicKey: PublicKeyInfo = parsePublicKey(spki)
  return keyFindings(publicKey).map(({ name }) => name)
}

function number(value: bigint): Buffer {
  const digits = value.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return der(tags.integer, bytes.readUInt8() < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]))
}

function rsa(modulus: bigint, exponent = 65_537n): Buffer {
  const algorithm = sequence(oid('1.2.840.113549.1.1.1'), der(tags.null))
  return sequence(algorithm, bits(sequence(number(modulus), number(exponent))))
}

/** A prime with both of its upper bits set, so that two of them make a modulus of twice as many bits. */
function prime(size: number): bigint {
  for (;;) {
    const one = generatePrimeSync(size, { bigint: true })
    if (one >> BigInt(size - 2) === 3n) return one
  }
}

function nextPrime(from: bigint): bigint {
  let candidate = from | 1n
  while (!checkPrimeSync(candidate)) candidate += 2n
  return candidate
}

const [p, q] = [prime(1024), prime(1024)]

t.test('keys of every kind that nothing is wrong with', async (t) => {
  for (const scheme of ['ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed448'] as const) {
    t.same(found(makeKeys(scheme).publicKey), [], scheme)
  }
  for (const kind of ['x25519', 'x448'] as const) {
    const { publicKey } = generateKeyPairSync(kind as 'x25519')
    t.same(found(publicKey.export({ format: 'der', type: 'spki' })), [], kind)
  }
  for (let i = 0; i < 5; i++) t.same(found(makeKeys('RS256').publicKey), [], 'RSA')
  t.same(found(rsa(p * q)), [])
})

t.test('supported-kind', async (t) => {
  const explicit = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' })
  const others = [
    generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }),
    generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }),
    explicit,
  ]
  for (const { publicKey } of others) {
    t.ok(found(publicKey.export({ format: 'der', type: 'spki' })).includes('supported-kind'))
  }
})

t.test('rsa-size', async (t) => {
  const sized = (size: number) => rsa((1n << BigInt(size - 1)) | ((p * q) >> BigInt(2048 - size + 2)) | 1n)
  for (const size of [1024, 2040, 2047]) t.ok(found(sized(size)).includes('rsa-size'), `${size}`)
  const long = (size: number) => found(rsa((1n << BigInt(size - 1)) + 1n))
  t.notOk(long(4096).includes('rsa-size'))
  t.ok(long(4104).includes('rsa-size'))
  t.ok(found(rsa(p * q * 2n)).includes('rsa-size'), '2049 bits')
  for (const modulus of [0n, 1n]) t.ok(found(rsa(modulus)).includes('rsa-size'))
  t.ok(
    found(
      sequence(
        sequence(oid('1.2.840.113549.1.1.1'), der(tags.null)),
        bits(sequence(der(tags.integer, Buffer.of(0xff)), number(3n))),
      ),
    ).includes('rsa-size'),
    'a negative one',
  )
})

t.test('rsa-exponent', async (t) => {
  for (const exponent of [65_537n, 65_539n, 2n ** 64n - 1n]) t.same(found(rsa(p * q, exponent)), [])
  for (const exponent of [0n, 1n, 2n, 3n, 17n, 65_535n, 65_536n, 65_538n, 2n ** 64n + 1n]) {
    t.ok(found(rsa(p * q, exponent)).includes('rsa-exponent'), `${exponent}`)
  }
})

t.test('rsa-small-factors', async (t) => {
  for (const factor of [2n, 3n, 751n]) {
    const other = ((1n << 2047n) / factor + (1n << 1500n)) | 1n
    t.ok(found(rsa(factor * other)).includes('rsa-small-factors'), `${factor}`)
  }
  t.notOk(found(rsa(757n * q)).includes('rsa-small-factors'))
})

t.test('rsa-roca', async (t) => {
  // As Infineon's library made primes of 1,024 bits: k M + (65537^a mod M), M the product of the first 126 primes.
  const product = primesBelow(702).reduce((all, one) => all * BigInt(one), 1n)
  const infineon = (seed: bigint) => {
    let power = 1n
    for (let i = 0n; i < 1_000n + seed; i++) power = (power * 65_537n) % product
    for (let k = (3n << 1022n) / product + seed; ; k++) {
      const candidate = k * product + power
      if (checkPrimeSync(candidate)) return candidate
    }
  }
  t.same(found(rsa(infineon(1n) * infineon(2n ** 10n))), ['rsa-roca'])
  t.same(found(rsa(infineon(1n) * q)), [], 'one such prime is not enough to know it by')
})

t.test('rsa-close-factors', async (t) => {
  t.same(found(rsa(p * nextPrime(p + 2n))), ['rsa-close-factors'], 'neighbours')
  t.same(found(rsa(p * p)), ['rsa-close-factors'], 'a square')
  // a is larger than the root of the modulus by (p - q)^2 / 8p: 100 rounds find a distance of about 2^517.
  t.same(found(rsa(p * nextPrime(p + (1n << 514n)))), ['rsa-close-factors'])
  t.same(found(rsa(p * nextPrime(p + (1n << 520n)))), [])
})

t.test('sound', async (t) => {
  const { publicKey } = makeKeys('ES256')
  const offCurve = Buffer.from(publicKey)
  offCurve[offCurve.length - 1] = offCurve.readUInt8(offCurve.length - 1) ^ 1
  t.same(found(offCurve), ['sound'], 'a point beside the curve')
  const infinity = sequence(
    sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
    bits(Buffer.of(0)),
  )
  t.same(found(infinity), ['sound'], 'the point at infinity')
  const edwards = (type: string, hex: string) => sequence(sequence(oid(type)), bits(Buffer.from(hex, 'hex')))
  t.same(found(edwards('1.3.101.112', `01${'00'.repeat(31)}`)), ['sound'], 'Ed25519: the neutral element')
  t.same(found(edwards('1.3.101.112', '02'.padEnd(64, '0'))), ['sound'], 'Ed25519: beside the curve')
  t.same(found(edwards('1.3.101.112', '00'.repeat(31))), ['sound'], 'Ed25519: cut off')
  t.same(found(edwards('1.3.101.113', `01${'00'.repeat(56)}`)), ['sound'], 'Ed448: the neutral element')
  t.ok(found(rsa(p * q * 2n)).includes('sound'), 'an even modulus')
})

t.test('a key that is not one is refused, and each finding says where it stands', async (t) => {
  t.throws(() => parsePublicKey(Buffer.of(0x30, 0)), { code: 'MORTISE_X509_INVALID' })
  t.throws(() => parsePublicKey(Buffer.concat([rsa(p * q), Buffer.of(0)])), { code: 'MORTISE_X509_INVALID' })
  for (const finding of keyFindings(parsePublicKey(rsa(0n, 0n)))) {
    t.match(finding, { severity: 'error', citation: /\d/, text: /\w/ })
  }
})

t.test('More keys than are kept in memory are looked at, again and again', (t) => {
  const keys = Array.from({ length: 250 }, () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return parsePublicKey(publicKey.export({ type: 'spki', format: 'der' }))
  })
  for (const round of [1, 2]) {
    t.same(
      keys.flatMap((key) => keyFindings(key)),
      [],
      `round ${round}`,
    )
  }
  t.end()
})
