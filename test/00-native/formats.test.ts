import crypto, { type KeyObject } from 'node:crypto'
import t from 'tap'
import { type KeyFormat, type KeyHandle, native } from '../../lib/native/index.js'
import { bytes, rejectsCode, throwsCode } from './support.js'

// A password costs 600,000 iterations each time.
t.setTimeout(180_000)

const invalid = 'MORTISE_CRYPTO_KEY_INVALID'
const pairs = {
  RSA: crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': crypto.generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  secp256k1: crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  Ed25519: crypto.generateKeyPairSync('ed25519'),
  Ed448: crypto.generateKeyPairSync('ed448'),
  X25519: crypto.generateKeyPairSync('x25519'),
  X448: crypto.generateKeyPairSync('x448'),
}
const jwk = (key: KeyObject) => bytes(JSON.stringify(key.export({ format: 'jwk' })))

/** Every form that node:crypto writes a key in. */
function* forms(
  name: string,
  key: KeyObject,
): Generator<[format: KeyFormat, encoding: 'der' | 'pem', Buffer]> {
  const types: ('pkcs1' | 'pkcs8' | 'sec1' | 'spki')[] = [key.type === 'private' ? 'pkcs8' : 'spki']
  if (name === 'RSA') types.push('pkcs1')
  if (key.asymmetricKeyType === 'ec' && key.type === 'private') types.push('sec1')
  for (const type of types) {
    for (const format of ['der', 'pem'] as const) {
      const options = { type: type as 'pkcs8', format: format as 'der' }
      const encoded: string | Buffer = key.export(options)
      yield [type, format, Buffer.from(encoded)]
    }
  }
  yield ['jwk', 'der', jwk(key)]
}

t.test(
  'keys come in and go out in every form that node:crypto writes, with and without being told which',
  async (t) => {
    for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
      for (const key of [privateKey, publicKey]) {
        for (const [format, encoding, encoded] of forms(name, key)) {
          const label = `${name} ${key.type} ${format} ${encoding}`
          for (const options of [{}, { format }]) {
            const handle = await native.importEncoded(encoded, options)
            t.equal(handle.kind, key.type, label)
            const out = await native.exportEncoded(handle, format, {
              encoding: format === 'jwk' ? 'der' : encoding,
            })
            if (format === 'jwk') {
              t.strictSame(JSON.parse(out.toString()), key.export({ format: 'jwk' }), label)
            } else {
              t.equal(out.toString('latin1'), encoded.toString('latin1'), label)
            }
          }
        }
      }
    }
  },
)

t.test('secret keys are raw bytes, or oct as JWK, of a type that is said', async (t) => {
  const secret = crypto.randomBytes(32)
  const oct = bytes(`{"kty":"oct","k":"${secret.toString('base64url')}"}`)
  for (const [format, encoded] of [
    ['raw', secret],
    ['jwk', oct],
  ] as const) {
    const key = await native.importEncoded(encoded, { format, secretType: 'AES' })
    t.match(key, { kind: 'secret', type: 'AES', length: 256 })
    t.same(await native.exportEncoded(key, format, {}), encoded)
    await rejectsCode(t, 'MORTISE_INPUT_INVALID', native.importEncoded(encoded, { format }))
  }
  // White space, members of every kind, and any order.
  const spread = `\n { "use" : "sig", "key_ops":["sign",{"a":[1.5e3,null]}],\t"k":"${secret.toString('base64url')}" , "kty":"oct"}\r\n`
  t.same(native.exportKey(await native.importEncoded(bytes(spread), { secretType: 'HMAC' })), secret)
})

t.test('a format that a key does not have is refused', async (t) => {
  const made = async (key: KeyObject) => native.importEncoded(jwk(key), {})
  const secret = native.generateSecret('AES', 256)
  const refused: [KeyHandle, KeyFormat[]][] = [
    [await made(pairs.RSA.privateKey), ['raw', 'spki', 'sec1']],
    [await made(pairs.RSA.publicKey), ['raw', 'pkcs8', 'sec1']],
    [await made(pairs['P-256'].privateKey), ['raw', 'spki', 'pkcs1']],
    [await made(pairs['P-256'].publicKey), ['pkcs8', 'pkcs1', 'sec1']],
    [await made(pairs.X448.privateKey), ['sec1', 'pkcs1']],
    [secret, ['pkcs1', 'pkcs8', 'sec1', 'spki']],
  ]
  for (const [key, formats] of refused) {
    for (const format of formats)
      await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', native.exportEncoded(key, format, {}), format)
  }
  await rejectsCode(t, 'MORTISE_INPUT_INVALID', native.exportEncoded(secret, 'raw', { encoding: 'pem' }))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.exportEncoded(secret, 'pgp' as 'raw', {}))
})

t.test('a key in another form than was said is refused', async (t) => {
  const { privateKey } = pairs.RSA
  for (const [format, , encoded] of forms('RSA', privateKey)) {
    for (const said of ['pkcs1', 'pkcs8', 'sec1', 'spki', 'jwk'] as const) {
      if (said !== format)
        await rejectsCode(t, invalid, native.importEncoded(encoded, { format: said }), said)
    }
  }
})

t.test('a SEC1 key that names no curve, or spells its parameters out, is refused', async (t) => {
  const der = pairs['P-256'].privateKey.export({ type: 'sec1', format: 'der' })
  const at = der.indexOf(Buffer.from('a00a', 'hex'))
  const nameless = Buffer.concat([der.subarray(0, at), der.subarray(at + 12)])
  nameless[1]! -= 12
  await rejectsCode(t, invalid, native.importEncoded(nameless, {}))
  const spelt = crypto
    .generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' })
    .privateKey.export({ type: 'sec1', format: 'der' })
  await t.rejects(native.importEncoded(spelt, {}))
})

t.test('a private key inside PKCS#8 or SEC1 is of the version that its RFC names', async (t) => {
  const version = Buffer.from('020101', 'hex')
  for (const [name, type, at] of [
    ['RSA', 'pkcs1', Buffer.from('020100', 'hex')],
    ['RSA', 'pkcs8', Buffer.from('020100', 'hex')],
    ['P-521', 'sec1', version],
    ['P-521', 'pkcs8', version],
    ['secp256k1', 'pkcs8', version],
  ] as const) {
    const der = pairs[name].privateKey.export({ type, format: 'der' })
    const place = der.indexOf(at, type === 'pkcs8' ? 10 : 0) + 2
    await t.resolves(native.importEncoded(der, {}))
    der[place]! ^= 4
    await rejectsCode(t, invalid, native.importEncoded(der, {}), `${name} as ${type}`)
  }
})

t.test('PEM is one block of a known label, whole and clean', async (t) => {
  const pem = pairs['P-256'].privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const taken = [pem, pem.trim(), `\n\n${pem}\n `, pem.replaceAll('\n', '\r\n'), pem.replaceAll('\n', ' \n')]
  for (const text of taken) t.equal((await native.importEncoded(bytes(text), {})).kind, 'private')
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
  const refused: Record<string, string> = {
    'two blocks': pem + pem,
    'a block before it': parameters + pem,
    'a label of no key': pem.replaceAll('PRIVATE KEY', 'CERTIFICATE'),
    'another label': pem.replaceAll('PRIVATE KEY', 'PUBLIC KEY'),
    'another kind of private key': pem.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY'),
    'labels that differ': pem.replace('END PRIVATE KEY', 'END PUBLIC KEY'),
    'no end': pem.slice(0, pem.indexOf('-----END')),
    'text behind it': `${pem}x`,
    'a dash inside': pem.replace('\nM', '\n-M'),
    'a digit missing': pem.replace(/.\n-----END/, '\n-----END'),
    'padding inside': pem.replace('\nM', '\n=M'),
    'no body': '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n',
    nothing: '-----BEGIN ',
  }
  for (const [what, text] of Object.entries(refused)) {
    await rejectsCode(t, invalid, native.importEncoded(bytes(text), {}), what)
  }
  const old = pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n')
  await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', native.importEncoded(bytes(old), {}), 'old encryption')
})

t.test('a JWK is one object whose members occur once and fit one another', async (t) => {
  const good = pairs.Ed25519.privateKey.export({ format: 'jwk' })
  const other = crypto.generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const ec = pairs['P-256'].privateKey.export({ format: 'jwk' })
  const rsa = pairs.RSA.privateKey.export({ format: 'jwk' })
  const { qi: _, ...withoutQi } = rsa
  const text = JSON.stringify(good)
  const refused: Record<string, string> = {
    'a member twice': text.replace('{', '{"kty":"OKP",'),
    'an escape': text.replace('OKP', 'O\\u004bP'),
    'something behind it': `${text}{}`,
    'an array': `[${text}]`,
    'cut short': text.slice(0, -1),
    'too deep': text.replace('{', `{"x5c":${'['.repeat(20)}${']'.repeat(20)},`),
    'parts of two keys': JSON.stringify({ ...good, x: other.x }),
    'padded base64url': JSON.stringify({ ...good, d: `${good.d}=` }),
    'bits that stand for nothing': JSON.stringify({ ...good, d: `${good.d?.slice(0, -1)}9` }),
    'a member that is no text': JSON.stringify({ ...good, d: 5 }),
    'a scalar that is too short': JSON.stringify({ ...ec, d: Buffer.alloc(31, 1).toString('base64url') }),
    'a point off the curve': JSON.stringify({ ...ec, y: ec.x, d: undefined }),
    'RSA without a number': JSON.stringify(withoutQi),
  }
  for (const [what, one] of Object.entries(refused)) {
    await rejectsCode(t, invalid, native.importEncoded(bytes(one), {}), what)
  }
  for (const one of [
    { ...good, kty: 'oct2' },
    { ...ec, crv: 'P-192' },
    { ...good, crv: 'Ed1' },
    { ...rsa, oth: [] },
  ]) {
    await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', native.importEncoded(bytes(JSON.stringify(one)), {}))
  }
})

t.test('PKCS#8 is opened and made under a password', async (t) => {
  const password = bytes('correct horse')
  for (const [name, { privateKey }] of Object.entries(pairs)) {
    for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc']) {
      const options = { type: 'pkcs8', format: 'der', cipher, passphrase: password } as const
      const key = await native.importEncoded(privateKey.export(options), { password })
      t.same(native.exportKey(key), privateKey.export({ type: 'pkcs8', format: 'der' }), `${name} ${cipher}`)
    }
  }
  const key = await native.importEncoded(jwk(pairs['P-256'].privateKey), {})
  for (const encoding of ['der', 'pem'] as const) {
    const made = await native.exportEncoded(key, 'pkcs8', { encoding, password })
    const theirs = crypto.createPrivateKey({
      key: made,
      format: encoding,
      type: 'pkcs8',
      passphrase: password,
    })
    t.same(theirs.export({ type: 'pkcs8', format: 'der' }), native.exportKey(key))
    t.same(
      native.exportKey(await native.importEncoded(made, { password, format: 'pkcs8' })),
      native.exportKey(key),
    )
    await rejectsCode(
      t,
      'MORTISE_CRYPTO_DECRYPTION_FAILED',
      native.importEncoded(made, { password: bytes('x') }),
    )
    await rejectsCode(t, 'MORTISE_INPUT_INVALID', native.importEncoded(made, {}), 'no password')
  }
  const der = await native.exportEncoded(key, 'pkcs8', { password })
  t.ok(der.includes(Buffer.from('0203', 'hex').toString('latin1'), 0, 'latin1'))
  t.ok(der.includes(Buffer.from('02030927c0', 'hex')), '600,000 iterations')
  t.notSame(der, await native.exportEncoded(key, 'pkcs8', { password }), 'salt and IV are fresh')
  for (const format of ['sec1', 'jwk'] as const) {
    await rejectsCode(t, 'MORTISE_INPUT_INVALID', native.exportEncoded(key, format, { password }))
  }
  const clear = native.exportKey(key)
  await rejectsCode(t, 'MORTISE_INPUT_INVALID', native.importEncoded(clear, { password }), 'not encrypted')
})

t.test('the parameters of an encrypted key are limited before they cost anything', async (t) => {
  const password = bytes('p')
  const key = await native.importEncoded(jwk(pairs['P-256'].privateKey), {})
  const der = await native.exportEncoded(key, 'pkcs8', { password })
  const at = der.indexOf(Buffer.from('0203', 'hex'))
  for (const [digits, code] of [
    ['ffffff', invalid],
    ['7fffff', 'MORTISE_CRYPTO_DECRYPTION_FAILED'],
    ['000000', invalid],
  ] as const) {
    // 0x7fffff is 8 million, which is allowed, and takes seconds: it is not tried here.
    if (digits === '7fffff') continue
    const changed = Buffer.from(der)
    changed.set(Buffer.from(digits, 'hex'), at + 2)
    await t.rejects(native.importEncoded(changed, { password }), { code }, digits)
  }
  // Four octets of iterations: 2^30.
  const grown = Buffer.concat([der.subarray(0, at), Buffer.from('020440000000', 'hex'), der.subarray(at + 5)])
  for (const offset of lengthsAround(grown, at)) grown[offset]! += 1
  await t.rejects(native.importEncoded(grown, { password }), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
  for (const name of ['des-ede3-cbc', 'camellia-256-cbc']) {
    const theirs = pairs['P-256'].privateKey.export({
      type: 'pkcs8',
      format: 'der',
      cipher: name,
      passphrase: 'p',
    })
    await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', native.importEncoded(theirs, { password }), name)
  }
})

/** Where the last octets of the lengths of all elements stand that reach over an offset. */
function lengthsAround(der: Buffer, at: number): number[] {
  const found: number[] = []
  let start = 0
  while (start < at) {
    const long = der[start + 1]! & 0x80 ? der[start + 1]! & 0x7f : 0
    const length = long ? der.readUIntBE(start + 2, long) : der[start + 1]!
    const contents = start + 2 + long
    if (contents + length > at && der[start]! === 0x30) {
      found.push(start + 1 + long)
      start = contents
    } else start = contents + length
  }
  return found
}

t.test('no damage to an encoding passes for something else', async (t) => {
  for (const name of ['P-256', 'Ed25519', 'X25519'] as const) {
    const { privateKey } = pairs[name]
    const key = await native.importEncoded(jwk(privateKey), {})
    const der = privateKey.export({ type: 'pkcs8', format: 'der' })
    for (let i = 0; i < der.length; i++) {
      await t.rejects(native.importEncoded(der.subarray(0, i), {}), `${name} cut to ${i}`)
      const damaged = Buffer.from(der)
      damaged[i]! ^= 0x10
      const taken = await native.importEncoded(damaged, {}).catch(() => undefined)
      if (taken) t.notSame(native.exportKey(taken), native.exportKey(key), `${name} at ${i}`)
    }
  }
})

t.test('too much is refused before it is read', async (t) => {
  for (const size of [16_385, 1 << 24]) {
    throwsCode(t, 'MORTISE_INPUT_TOO_LARGE', () => native.importEncoded(new Uint8Array(size), {}))
  }
  const { privateKey } = pairs.Ed25519
  const password = new Uint8Array(1025)
  throwsCode(t, 'MORTISE_INPUT_TOO_LARGE', () => native.importEncoded(jwk(privateKey), { password }))
  for (const wrong of ['text', null, 5])
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.importEncoded(wrong as unknown as Uint8Array, {}))
})

t.test('PKCS#12 is of a private key, one certificate or more, and a password', async (t) => {
  const password = bytes('a password')
  const [key, other] = await Promise.all(
    [pairs['P-256'].privateKey, pairs['P-256'].publicKey].map((one) => native.importEncoded(jwk(one), {})),
  )
  const one = crypto.randomBytes(500)
  const made = await native.exportPkcs12(key!, Array(32).fill(one), password)
  t.notSame(made, await native.exportPkcs12(key!, Array(32).fill(one), password), 'salts and IVs are fresh')
  t.notOk(made.includes(native.exportKey(key!).subarray(-32)), 'nothing of the key is in the clear')
  await native.exportPkcs12(key!, [crypto.randomBytes(65_536)], password)
  for (const certificates of [[], Array(33).fill(one), Array(2).fill(crypto.randomBytes(32_769))])
    await rejectsCode(t, 'MORTISE_INPUT_INVALID', native.exportPkcs12(key!, certificates, password))
  throwsCode(t, 'MORTISE_INPUT_TOO_LARGE', () => native.exportPkcs12(key!, [Buffer.alloc(65_537)], password))
  throwsCode(t, 'MORTISE_INPUT_TOO_LARGE', () => native.exportPkcs12(key!, [one], Buffer.alloc(1025)))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.exportPkcs12(key!, 'x' as never, password))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.exportPkcs12(key!, ['x' as never], password))
  await rejectsCode(t, 'MORTISE_INPUT_INVALID', native.exportPkcs12(key!, [one], Buffer.alloc(0)))
  await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', native.exportPkcs12(other!, [one], password))
  key!.dispose()
  throwsCode(t, 'MORTISE_CLOSED', () => native.exportPkcs12(key!, [one], password))
})
