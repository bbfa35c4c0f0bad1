import { spawnSync } from 'node:child_process'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import { throwsCode } from './support.js'

const index = new URL('../../lib/native/index.js', import.meta.url).href

t.test('every known answer is right', async (t) => {
  const results = native.selfTest()
  t.strictSame(
    results.filter((each) => !each.passed),
    [],
  )
  t.strictSame(
    results.map((each) => each.name),
    [
      'SHA-1',
      'SHA-224',
      'SHA-256',
      'SHA-384',
      'SHA-512',
      'SHA-512/256',
      'SHA3-224',
      'SHA3-256',
      'SHA3-384',
      'SHA3-512',
      'HMAC-SHA-1',
      'HMAC-SHA-256',
      'HMAC-SHA3-256',
      'HKDF-SHA-256',
      'PBKDF2-SHA-256',
      'SP800-108-counter',
      'Concat-KDF',
      'AES-GCM',
      'XAES-256-GCM',
      'AES-CBC',
      'AES-CTR',
      'AES-ECB',
      'AES-XTS',
      '3DES',
      'ChaCha20-Poly1305',
      'AES-CMAC',
      'AES-KW',
      'AES-KWP',
      'RSA-PKCS1',
      'RSA-PSS',
      'RSA-OAEP',
      'ECDSA-P-256',
      'ECDSA-secp256k1',
      'Ed25519',
      'Ed448',
      'ECDH-P-256',
      'X25519',
      'X448',
      'DRBG',
    ],
  )
  t.match(native.opensslVersion, /^OpenSSL 3\./)
})

for (const { name } of native.selfTest()) {
  t.test(`a wrong answer of ${name} stops everything in the process`, async (t) => {
    const script = `
      const { native } = await import(${JSON.stringify(index)})
      const key = native.generateSecret('AES', 256)
      const binding = { manager: 1, store: 's', object: 'o', principal: 'p', keyVersion: 1, uses: 9, milliseconds: 9e4 }
      const lease = native.openCipherLease(key, { encrypt: true, decrypt: true }, binding)
      native.breakSelfTest(${JSON.stringify(name)})
      lease.seal(new Uint8Array(3))
      const failed = native.selfTest().filter(each => !each.passed).map(each => each.name)
      const codes = new Set()
      const calls = [
        ...Object.keys(native)
          .filter(name => !['opensslVersion', 'selfTest', 'CipherLease', 'SignerLease'].includes(name))
          .map(name => () => native[name]()),
        () => lease.seal(new Uint8Array(3)),
        () => lease.open(new Uint8Array(99)),
      ]
      for (const call of calls) try { call(); codes.add('none') } catch (error) { codes.add(error.code) }
      key.dispose()
      lease.end()
      console.log(JSON.stringify({ failed, codes: [...codes], calls: calls.length }))`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    t.equal(child.status, 0, child.stderr)
    const answer = JSON.parse(child.stdout) as { failed: string[]; codes: string[]; calls: number }
    t.strictSame(answer.failed, [name])
    t.strictSame(answer.codes, ['MORTISE_SELFTEST_FAILED'])
    t.ok(answer.calls > 35)
  })
}

t.test('an unknown self-test cannot be broken', async (t) => {
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.breakSelfTest('MD5'))
})
