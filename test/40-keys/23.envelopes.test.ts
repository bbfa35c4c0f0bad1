import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'
import t from 'tap'
import { contentEncryptions, type JweAlgorithm, type Session, toPem } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

const fails = { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED', message: 'decryption failed', details: {} }

async function rsaPair(ann: Session, length = 2048) {
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'RSA', length, extractable: true })
  return {
    privateKey: privateKey.id,
    publicKey: publicKey.id,
    theirs: {
      private: createPrivateKey(toPem('pkcs8', (await ann.export(privateKey.id)).material)),
      public: createPublicKey(toPem('spki', (await ann.export(publicKey.id)).material)),
    },
  }
}

const flip = (bytes: Buffer, at: number) =>
  Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)))

t.test('jose opens what we make and we open what jose makes', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const pair = await rsaPair(ann)
  const plaintext = randomBytes(1000)
  const both = async (
    alg: JweAlgorithm,
    sealWith: string,
    openWith: string,
    theirs: { seal: Parameters<CompactEncrypt['encrypt']>[0]; open: Parameters<typeof compactDecrypt>[1] },
    encs: readonly (typeof contentEncryptions)[number][],
  ) => {
    for (const enc of encs) {
      const ours = (await ann.encrypt(sealWith, plaintext, { format: 'jwe', alg, enc })).toString()
      const opened = await compactDecrypt(ours, theirs.open)
      t.match(opened.protectedHeader, { alg, enc })
      t.same(Buffer.from(opened.plaintext), plaintext, `${alg} ${enc}: jose opens ours`)
      const foreign = await new CompactEncrypt(plaintext)
        .setProtectedHeader({ alg, enc })
        .encrypt(theirs.seal)
      const again = await ann.decrypt(openWith, Buffer.from(foreign), { format: 'jwe' })
      t.same(again, plaintext, `${alg} ${enc}: we open theirs`)
    }
  }
  const { theirs } = pair
  await both(
    'RSA-OAEP-256',
    pair.publicKey,
    pair.privateKey,
    { seal: theirs.public, open: theirs.private },
    contentEncryptions,
  )
  for (const length of [128, 192, 256] as const) {
    const { id } = await ann.createKey({ algorithm: 'AES', length, extractable: true })
    const { material } = await ann.export(id)
    await both(`A${length}KW`, id, id, { seal: material, open: material }, contentEncryptions)
    await both('dir', id, id, { seal: material, open: material }, [`A${length}GCM`])
  }
})

t.test('hybrid: any size to an RSA key', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  for (const length of [2048, 3072]) {
    const { privateKey, publicKey } = await rsaPair(ann, length)
    for (const size of [0, 1, 1000, 1_000_000]) {
      const plaintext = randomBytes(size)
      const aad = { aad: Buffer.from('context') }
      const sealed = await ann.encrypt(publicKey, plaintext, { format: 'hybrid', ...aad })
      t.strictSame([sealed[0], sealed.readUInt32BE(1), sealed.readUInt16BE(5)], [4, 1, length / 8])
      t.equal(sealed.length, 7 + length / 8 + 12 + size + 16, 'as long as documented')
      t.same(await ann.decrypt(privateKey, sealed, { format: 'hybrid', ...aad }), plaintext)
      await t.rejects(ann.decrypt(privateKey, sealed, { format: 'hybrid' }), fails, 'without its aad')
    }
  }
  const { records } = await (await house.administrator()).audit({ principal: ann.principal.id })
  t.match(records.find(({ operation }) => operation === 'Encrypt')?.detail, { format: 'hybrid' })
})

t.test('whatever is wrong with a hybrid or a JWE, one code and one text', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { privateKey, publicKey } = await rsaPair(ann)
  const other = await rsaPair(ann)
  const plaintext = Buffer.from('plain')
  const hybrid = await ann.encrypt(publicKey, plaintext, { format: 'hybrid' })
  const openHybrid = (bytes: Buffer, key = privateKey) => ann.decrypt(key, bytes, { format: 'hybrid' })
  for (const at of [0, 1, 5, 6, 7, 200, 263, 270, 275, 278, hybrid.length - 1]) {
    await t.rejects(openHybrid(flip(hybrid, at)), fails, `another byte ${at}`)
  }
  for (const size of [0, 6, 7, 263, 290, hybrid.length - 1]) {
    await t.rejects(openHybrid(hybrid.subarray(0, size)), fails, `cut to ${size}`)
  }
  await t.rejects(openHybrid(hybrid, other.privateKey), fails)
  const { id } = await ann.createKey({ algorithm: 'AES' })
  for (const [seal, open] of [
    [publicKey, privateKey],
    [id, id],
  ] as const) {
    for (const enc of ['A256GCM', 'A256CBC-HS512'] as const) {
      const jwe = (await ann.encrypt(seal, plaintext, { format: 'jwe', enc })).toString()
      const openJwe = (text: string) => ann.decrypt(open, Buffer.from(text), { format: 'jwe' })
      t.same(await openJwe(jwe), plaintext)
      const parts = jwe.split('.')
      for (const part of [0, 1, 2, 3, 4]) {
        const changed = [...parts]
        const bytes = Buffer.from(parts[part] ?? '', 'base64url')
        changed[part] = flip(bytes, bytes.length - 2).toString('base64url')
        await t.rejects(openJwe(changed.join('.')), fails, `${enc}: another part ${part}`)
        changed[part] = ''
        await t.rejects(openJwe(changed.join('.')), fails, `${enc}: no part ${part}`)
      }
      for (const text of [
        '',
        'x',
        '....',
        `${jwe}.x`,
        `${jwe}=`,
        jwe.slice(1),
        parts.slice(0, 4).join('.'),
      ]) {
        await t.rejects(openJwe(text), fails, text.slice(0, 20))
      }
      for (const extra of [{ zip: 'DEF' }, { crit: ['exp'] }]) {
        const header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString())
        const text = Buffer.from(JSON.stringify({ ...header, ...extra })).toString('base64url')
        await t.rejects(openJwe([text, ...parts.slice(1)].join('.')), fails)
      }
    }
  }
})

t.test('a rekeyed key opens what its older version was given', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  await ann.createKeyPair({ algorithm: 'RSA', length: 2048, name: 'private', publicName: 'public' })
  await ann.createKey({ algorithm: 'AES', name: 'aes' })
  const plaintext = Buffer.from('plain')
  const hybrid = await ann.encrypt('public', plaintext, { format: 'hybrid' })
  const jwe = await ann.encrypt('public', plaintext, { format: 'jwe' })
  const wrapped = await ann.encrypt('aes', plaintext, { format: 'jwe' })
  await ann.rekey('private')
  await ann.rekey('aes')
  t.same(await ann.decrypt('private', hybrid, { format: 'hybrid' }), plaintext)
  t.same(await ann.decrypt('private', jwe, { format: 'jwe' }), plaintext)
  t.same(await ann.decrypt('aes', wrapped, { format: 'jwe' }), plaintext)
})

t.test('a format or alg that does not fit the key is refused', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { publicKey, privateKey } = await rsaPair(ann)
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const plaintext = Buffer.from('plain')
  const unsupported = { code: 'MORTISE_CRYPTO_UNSUPPORTED' }
  const jwe = (key: string, options: object) => ann.encrypt(key, plaintext, { format: 'jwe', ...options })
  await t.rejects(jwe(id, { alg: 'RSA-OAEP-256' }), unsupported)
  await t.rejects(jwe(id, { alg: 'A128KW' }), unsupported)
  await t.rejects(jwe(publicKey, { alg: 'A256KW' }), unsupported)
  await t.rejects(jwe(publicKey, { alg: 'dir' }), unsupported)
  await t.rejects(jwe(id, { alg: 'dir', enc: 'A128GCM' }), unsupported)
  await t.rejects(jwe(id, { alg: 'dir', enc: 'A256CBC-HS512' }), unsupported)
  await t.rejects(jwe(id, { enc: 'toString' }), unsupported)
  await t.rejects(ann.encrypt(id, plaintext, { format: 'hybrid' }), unsupported)
  const other = await jwe(id, {})
  await t.rejects(
    ann.decrypt(privateKey, other, { format: 'jwe' }),
    unsupported,
    'the header does not choose the kind of key',
  )
  await t.rejects(jwe(id, { aad: plaintext }), { code: 'MORTISE_INPUT_INVALID' })
})
