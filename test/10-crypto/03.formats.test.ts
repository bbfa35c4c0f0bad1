import { generateKeyPairSync, randomBytes } from 'node:crypto'
import t from 'tap'
import { fromPem, toPem } from '../../lib/crypto/index.js'

const labels = { pkcs8: 'PRIVATE KEY', spki: 'PUBLIC KEY' } as const
const formats = Object.keys(labels) as (keyof typeof labels)[]

t.test('PEM is what node:crypto writes', async (t) => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
  t.equal(toPem('pkcs8', pkcs8), pair.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  t.equal(toPem('spki', spki), pair.publicKey.export({ format: 'pem', type: 'spki' }))
})

t.test('DER of any length survives the way to PEM and back', async (t) => {
  for (const format of formats) {
    for (const length of [1, 2, 3, 47, 48, 49, 64, 96, 1000]) {
      const der = randomBytes(length)
      t.same(fromPem(format, Buffer.from(toPem(format, der))), der, `${format} of ${length} bytes`)
    }
  }
})

t.test('what is not PEM is returned as it is', async (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.of(0x30), Buffer.from('-----BEGI'), randomBytes(100)]) {
    t.equal(fromPem('pkcs8', bytes), bytes)
  }
})

t.test('line endings and blanks at the end do not matter', async (t) => {
  const der = randomBytes(100)
  const pem = toPem('spki', der)
  for (const text of [pem.replaceAll('\n', '\r\n'), pem.trimEnd(), `${pem}\n\n`]) {
    t.same(fromPem('spki', Buffer.from(text)), der)
  }
})

t.test('another label, a broken body or more than one block is refused', async (t) => {
  const pem = toPem('pkcs8', randomBytes(100))
  const refused = {
    'a public key as a private one': toPem('spki', randomBytes(10)),
    'PKCS#1': pem.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY'),
    'an encrypted key': pem.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'),
    'no end': pem.slice(0, pem.indexOf('-----END')),
    'labels that differ': pem.replace('END PRIVATE', 'END PUBLIC'),
    'letters that are not base64': pem.replace(/\n[^-]/, '\n!'),
    'an empty body': '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n',
    'two blocks': pem + pem,
    'text behind it': `${pem}and more`,
  }
  for (const [what, text] of Object.entries(refused)) {
    t.throws(
      () => fromPem('pkcs8', Buffer.from(text)),
      {
        code: 'MORTISE_CRYPTO_KEY_INVALID',
        message: 'the PEM text is not a PRIVATE KEY block (RFC 7468)',
      },
      what,
    )
  }
})
