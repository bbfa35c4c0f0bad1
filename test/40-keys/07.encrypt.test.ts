import {
  constants,
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import t from 'tap'
import { toPem } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'
import { gcmOpen, openRecord, xaesKey } from '../support/xaes.js'

const fails = { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED', message: 'decryption failed', details: {} }

t.test(
  'the check of these tests computes XAES-256-GCM right (C2SP, XAES-256-GCM test vectors)',
  async (t) => {
    const key = Buffer.alloc(32, 1)
    const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX')
    t.equal(
      xaesKey(key, nonce).toString('hex'),
      'c8612c9ed53fe43e8e005b828a1631a0bbcb6ab2f46514ec4f439fcfd0fa969b',
    )
    const sealed = Buffer.from('ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271', 'hex')
    const opened = gcmOpen(xaesKey(key, nonce), nonce.subarray(12), sealed, Buffer.alloc(0))
    t.equal(opened?.toString(), 'XAES-256-GCM')

    // The accumulated randomized test, of 10,000 iterations.
    const shake = (outputLength: number) => createHash('shake128', { outputLength })
    const stream = shake(10_000 * (32 + 24 + 2 + 2 * 255)).digest()
    let at = 0
    const read = (size: number) => {
      at += size
      return stream.subarray(at - size, at)
    }
    const all = shake(32)
    for (let i = 0; i < 10_000; i++) {
      const [key, nonce] = [read(32), read(24)]
      const plaintext = read(read(1).readUInt8())
      const aad = read(read(1).readUInt8())
      const cipher = createCipheriv('aes-256-gcm', xaesKey(key, nonce), nonce.subarray(12)).setAAD(aad)
      all.update(cipher.update(plaintext)).update(cipher.final()).update(cipher.getAuthTag())
    }
    t.equal(all.digest('hex'), 'e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939')
  },
)

t.test('a record is laid out as documented', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  for (const [length, format, nonce] of [
    [128, 2, 12],
    [192, 2, 12],
    [256, 1, 24],
  ] as const) {
    const { id } = await ann.createKey({ algorithm: 'AES', length, extractable: true })
    const { material } = await ann.export(id)
    for (const size of [0, 1, 15, 16, 17, 1000, 100_000]) {
      for (const aad of [undefined, Buffer.alloc(0), Buffer.from('of the year')]) {
        const plaintext = randomBytes(size)
        const record = await ann.encrypt(id, plaintext, aad && { aad })
        t.strictSame([record[0], record.readUInt32BE(1), record.length], [format, 1, 5 + nonce + size + 16])
        t.same(openRecord(material, record, aad), plaintext, 'node:crypto opens it')
        t.same(await ann.decrypt(id, record, aad && { aad }), plaintext, 'and so do we')
      }
    }
    t.notSame(await ann.encrypt(id, material), await ann.encrypt(id, material), 'sealed twice it is another')
  }
})

t.test('a record opens whole and under its own aad and key, or not at all', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  for (const length of [128, 256]) {
    const { id } = await ann.createKey({ algorithm: 'AES', length })
    const other = await ann.createKey({ algorithm: 'AES', length })
    const aad = Buffer.from('aad')
    const record = await ann.encrypt(id, Buffer.from('plain'), { aad })
    const refused: Record<string, () => Promise<unknown>> = {
      'another key': () => ann.decrypt(other.id, record, { aad }),
      'another aad': () => ann.decrypt(id, record, { aad: Buffer.from('aae') }),
      'no aad': () => ann.decrypt(id, record),
      'as bare GCM': () => ann.decrypt(id, record, { aad, format: 'gcm' }),
      'one byte more': () => ann.decrypt(id, Buffer.concat([record, Buffer.of(0)]), { aad }),
      ...Object.fromEntries(
        Array.from(record, (_, at) => {
          const copy = Buffer.from(record)
          copy.writeUInt8(record.readUInt8(at) ^ 1, at)
          return [`another byte ${at}`, () => ann.decrypt(id, copy, { aad })]
        }),
      ),
      ...Object.fromEntries(
        [0, 1, 4, 5, 20, 36, record.length - 1].map((size) => [
          `cut to ${size}`,
          () => ann.decrypt(id, record.subarray(0, size), { aad }),
        ]),
      ),
    }
    for (const [what, decrypt] of Object.entries(refused)) await t.rejects(decrypt(), fails, what)
  }
})

t.test('bare AES-GCM is what node:crypto does', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  for (const length of [128, 192, 256]) {
    const { id } = await ann.createKey({ algorithm: 'AES', length, extractable: true })
    const { material } = await ann.export(id)
    for (const size of [0, 1, 16, 1000]) {
      const plaintext = randomBytes(size)
      const aad = randomBytes(20)
      const sealed = await ann.encrypt(id, plaintext, { aad, format: 'gcm' })
      t.equal(sealed.length, 12 + size + 16)
      t.same(gcmOpen(material, sealed.subarray(0, 12), sealed.subarray(12), aad), plaintext)
      t.same(await ann.decrypt(id, sealed, { aad, format: 'gcm' }), plaintext)
    }
    for (const size of [0, 11, 12, 27]) {
      await t.rejects(ann.decrypt(id, randomBytes(size), { format: 'gcm' }), fails)
    }
  }
})

t.test('RSA is OAEP with SHA-256, as node:crypto does it', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  const { privateKey, publicKey } = await ann.createKeyPair({
    algorithm: 'RSA',
    length: 2048,
    extractable: true,
  })
  const ours = {
    private: createPrivateKey(toPem('pkcs8', (await ann.export(privateKey.id)).material)),
    public: createPublicKey(toPem('spki', (await ann.export(publicKey.id)).material)),
  }
  const longest = 256 - 2 * 32 - 2
  for (const size of [0, 1, longest]) {
    const plaintext = randomBytes(size)
    t.same(
      privateDecrypt({ key: ours.private, ...oaep }, await ann.encrypt(publicKey.id, plaintext)),
      plaintext,
    )
    t.same(
      await ann.decrypt(privateKey.id, publicEncrypt({ key: ours.public, ...oaep }, plaintext)),
      plaintext,
    )
  }
  await t.rejects(ann.encrypt(publicKey.id, randomBytes(longest + 1)), { code: 'MORTISE_INPUT_TOO_LARGE' })
  const sealed = await ann.encrypt(publicKey.id, Buffer.from('plain'))
  for (const broken of [
    Buffer.alloc(0),
    Buffer.alloc(256),
    sealed.subarray(1),
    sealed.map((byte) => byte ^ 1),
  ]) {
    await t.rejects(ann.decrypt(privateKey.id, broken), fails)
  }
  for (const option of [{ aad: Buffer.from('aad') }, { format: 'gcm' as const }]) {
    await t.rejects(ann.encrypt(publicKey.id, Buffer.from('x'), option), { code: 'MORTISE_INPUT_INVALID' })
    await t.rejects(ann.decrypt(privateKey.id, sealed, option), { code: 'MORTISE_INPUT_INVALID' })
  }
})

t.test('one call takes 64 MiB', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const largest = Buffer.alloc(64 * 2 ** 20)
  const record = await ann.encrypt(id, largest)
  await t.rejects(ann.encrypt(id, Buffer.alloc(largest.length + 1)), { code: 'MORTISE_INPUT_TOO_LARGE' })
  t.ok((await ann.decrypt(id, record)).equals(largest), 'and what it made of them opens again')
})
