import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import t from 'tap'
import type { CipherMode, Session } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

const fails = { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED', message: 'decryption failed', details: {} }
const refused = { code: 'MORTISE_CRYPTO_POLICY' }

interface Row {
  readonly algorithm: string
  readonly length: number
  readonly mode: CipherMode
  /** What node:crypto calls it. */
  readonly cipher: string
}

const rows: readonly Row[] = [
  ...[128, 192, 256].flatMap((length) =>
    (['CBC', 'CTR', 'ECB', 'GCM'] as const).map((mode) => ({
      algorithm: 'AES',
      length,
      mode,
      cipher: `aes-${length}-${mode.toLowerCase()}`,
    })),
  ),
  { algorithm: 'AES-XTS', length: 256, mode: 'XTS', cipher: 'aes-128-xts' },
  { algorithm: 'AES-XTS', length: 512, mode: 'XTS', cipher: 'aes-256-xts' },
  { algorithm: '3DES', length: 168, mode: 'CBC', cipher: 'des-ede3-cbc' },
  { algorithm: '3DES', length: 168, mode: 'ECB', cipher: 'des-ede3-ecb' },
  { algorithm: '3DES', length: 112, mode: 'CBC', cipher: 'des-ede-cbc' },
  { algorithm: '3DES', length: 112, mode: 'ECB', cipher: 'des-ede' },
  { algorithm: 'ChaCha20', length: 256, mode: 'ChaCha20-Poly1305', cipher: 'chacha20-poly1305' },
]

async function keyFor(ann: Session, { algorithm, length }: Row) {
  const { id } = await ann.createKey({ algorithm, length, extractable: true })
  return { id, material: (await ann.export(id)).material }
}

const ivOf = ({ mode }: Row) => (mode === 'XTS' ? { iv: randomBytes(16) } : {})
const authenticates = ({ mode }: Row) => mode === 'GCM' || mode === 'ChaCha20-Poly1305'

t.test('every mode is what node:crypto does, both ways', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const row of rows) {
    const { id, material } = await keyFor(ann, row)
    const what = `${row.cipher} ${row.length}`
    const aad = authenticates(row) ? { aad: Buffer.from('context') } : {}
    for (const size of [16, 17, 48, 1000]) {
      const plaintext = randomBytes(size)
      const made = await ann.encryptInMode(id, plaintext, { mode: row.mode, ...ivOf(row), ...aad })
      const iv = made.iv ?? Buffer.alloc(0)
      const theirs = createDecipheriv(row.cipher as 'aes-256-gcm', material, iv.length ? iv : (null as never))
      if (made.tag) theirs.setAAD(aad.aad ?? Buffer.alloc(0)).setAuthTag(made.tag)
      t.same(
        Buffer.concat([theirs.update(made.ciphertext), theirs.final()]),
        plaintext,
        `${what}: they open ours`,
      )
      const parts = { mode: row.mode, iv, ...aad, ...(made.tag && { tag: made.tag }) }
      t.same(await ann.decrypt(id, made.ciphertext, parts), plaintext, `${what}: so do we`)
    }
    const short = randomBytes(5)
    if (row.mode === 'XTS') {
      await t.rejects(ann.encryptInMode(id, short, { mode: 'XTS', iv: randomBytes(16) }), {
        code: 'MORTISE_INPUT_INVALID',
      })
      await t.rejects(ann.encryptInMode(id, randomBytes(16), { mode: 'XTS' }), {
        code: 'MORTISE_INPUT_INVALID',
      })
    } else {
      const made = await ann.encryptInMode(id, short, { mode: row.mode })
      t.equal(
        made.ciphertext.length,
        row.mode === 'CBC' || row.mode === 'ECB' ? (row.algorithm === 'AES' ? 16 : 8) : 5,
      )
    }
  }
})

t.test('without padding CBC and ECB take whole blocks', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const row of rows.filter(({ mode }) => mode === 'CBC' || mode === 'ECB')) {
    const { id, material } = await keyFor(ann, row)
    const plaintext = randomBytes(48)
    const made = await ann.encryptInMode(id, plaintext, { mode: row.mode, padding: 'none' })
    t.equal(made.ciphertext.length, 48)
    const theirs = createCipheriv(row.cipher, material, made.iv?.length ? made.iv : null).setAutoPadding(
      false,
    )
    t.same(made.ciphertext, Buffer.concat([theirs.update(plaintext), theirs.final()]))
    const how = { mode: row.mode, padding: 'none', iv: made.iv ?? Buffer.alloc(0) } as const
    t.same(await ann.decrypt(id, made.ciphertext, how), plaintext)
    await t.rejects(ann.encryptInMode(id, randomBytes(47), { mode: row.mode, padding: 'none' }), {
      code: 'MORTISE_INPUT_INVALID',
    })
    await t.rejects(ann.decrypt(id, randomBytes(47), how), fails)
  }
})

t.test('whatever is wrong with a ciphertext, one code and one text', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  const cbc = await keyFor(ann, rows[0] as Row)
  const { iv = Buffer.alloc(16) } = await ann.encryptInMode(cbc.id, Buffer.alloc(15), { mode: 'CBC' })
  for (const last of ['00', '11', 'ff', '0202', '01020303', '0f'.repeat(14), '10'.repeat(15)]) {
    // A block that ends like this, encrypted without padding, has padding that is wrong.
    const block = Buffer.concat([Buffer.alloc(16 - last.length / 2, 0x55), Buffer.from(last, 'hex')])
    const cipher = createCipheriv('aes-128-cbc', cbc.material, iv).setAutoPadding(false)
    const sealed = Buffer.concat([cipher.update(block), cipher.final()])
    const padded = last === '0202'
    if (padded) t.same(await ann.decrypt(cbc.id, sealed, { mode: 'CBC', iv }), block.subarray(0, 14))
    else await t.rejects(ann.decrypt(cbc.id, sealed, { mode: 'CBC', iv }), fails, last)
  }
  for (const size of [0, 1, 15, 17]) {
    await t.rejects(ann.decrypt(cbc.id, Buffer.alloc(size), { mode: 'CBC', iv }), fails, `${size} bytes`)
  }
  for (const row of rows.filter(authenticates)) {
    const { id } = await keyFor(ann, row)
    const made = await ann.encryptInMode(id, Buffer.from('plain'), { mode: row.mode })
    const { iv = Buffer.alloc(0), tag = Buffer.alloc(0) } = made
    const flip = (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)))
    const open = (over: object, ciphertext = made.ciphertext) =>
      ann.decrypt(id, ciphertext, { mode: row.mode, iv, tag, ...over })
    t.same(await open({}), Buffer.from('plain'))
    await t.rejects(open({ tag: flip(tag) }), fails)
    await t.rejects(open({ iv: flip(iv) }), fails)
    await t.rejects(open({ aad: Buffer.from('x') }), fails)
    await t.rejects(open({}, flip(made.ciphertext)), fails)
    await t.rejects(open({ tag: tag.subarray(0, 11) }), { code: 'MORTISE_INPUT_INVALID' })
  }
})

t.test('GCM takes tags of 12 to 16 bytes', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { id, material } = await keyFor(ann, { algorithm: 'AES', length: 256 } as Row)
  for (const tagLength of [12, 13, 14, 15, 16]) {
    const made = await ann.encryptInMode(id, Buffer.from('plain'), { mode: 'GCM', tagLength })
    const { iv = Buffer.alloc(0), tag = Buffer.alloc(0) } = made
    t.equal(tag.length, tagLength)
    const theirs = createDecipheriv('aes-256-gcm', material, iv, { authTagLength: tagLength }).setAuthTag(tag)
    t.equal(Buffer.concat([theirs.update(made.ciphertext), theirs.final()]).toString(), 'plain')
    t.equal((await ann.decrypt(id, made.ciphertext, { mode: 'GCM', iv, tag })).toString(), 'plain')
  }
  for (const tagLength of [0, 4, 11, 17, 12.5]) {
    await t.rejects(ann.encryptInMode(id, Buffer.from('plain'), { mode: 'GCM', tagLength }), {
      code: 'MORTISE_INPUT_INVALID',
    })
  }
})

t.test('a caller chooses the IV of a key that was made for it, or under the policy compatible', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const plain = Buffer.from('plain')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  for (const mode of ['GCM', 'CBC', 'CTR'] as const) {
    const iv = randomBytes(mode === 'GCM' ? 12 : 16)
    await t.rejects(ann.encryptInMode(id, plain, { mode, iv }), refused, mode)
    const open = await ann.createKey({ algorithm: 'AES', callerIv: true })
    t.same((await ann.encryptInMode(open.id, plain, { mode, iv })).iv, iv)
    const old = await house.as('ann', await house.open({ policy: 'compatible' }))
    t.same((await old.encryptInMode(id, plain, { mode, iv })).iv, iv)
  }
  const { records } = await (await house.administrator()).audit({ principal: ann.principal.id, object: id })
  t.match(records[0]?.detail, { mode: 'CTR', callerIv: true, notApproved: 'caller IV' })
  t.equal(
    (
      await ann.get(
        (
          await ann.rekey((await ann.createKey({ algorithm: 'AES', callerIv: true })).id)
        ).replacement.id,
      )
    ).callerIv,
    true,
  )
})

t.test('an IV that would give something away is taken once, in whatever process', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const beside = await house.as('ann', await house.open())
  const repeated = { code: 'MORTISE_CRYPTO_IV_REPEATED' }
  for (const mode of ['GCM', 'CTR'] as const) {
    const { id } = await ann.createKey({ algorithm: 'AES', callerIv: true })
    const iv = randomBytes(mode === 'GCM' ? 12 : 16)
    const seal = (who: Session, key = id) => who.encryptInMode(key, Buffer.from('plain'), { mode, iv })
    const outcomes = await Promise.allSettled([seal(ann), seal(beside), seal(ann), seal(beside)])
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'one of several at once')
    await t.rejects(seal(ann), repeated)
    await t.rejects(seal(beside), repeated)
    const other = await ann.createKey({ algorithm: 'AES', callerIv: true })
    await seal(ann, other.id)
    const made = await ann.encryptInMode(id, Buffer.from('plain'), { mode })
    t.notSame(made.iv, iv)
  }
  const { id } = await ann.createKey({ algorithm: 'AES', callerIv: true })
  const iv = randomBytes(16)
  for (const _ of [1, 2]) await ann.encryptInMode(id, Buffer.from('plain'), { mode: 'CBC', iv })
})

t.test('a mode that does not fit the key, and options that do not fit the mode, are refused', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  const plain = Buffer.alloc(16)
  const iv = randomBytes(16)
  const aes = await ann.createKey({ algorithm: 'AES' })
  const xts = await ann.createKey({ algorithm: 'AES-XTS' })
  for (const mode of ['XTS', 'ChaCha20-Poly1305', 'toString'] as CipherMode[]) {
    await t.rejects(
      ann.encryptInMode(aes.id, plain, { mode, iv }),
      { code: 'MORTISE_CRYPTO_UNSUPPORTED' },
      mode,
    )
  }
  await t.rejects(ann.encrypt(xts.id, plain), { code: 'MORTISE_CRYPTO_UNSUPPORTED' }, 'no record with XTS')
  await t.rejects(ann.decrypt(xts.id, plain), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
  const invalid = { code: 'MORTISE_INPUT_INVALID' }
  await t.rejects(ann.encryptInMode(aes.id, plain, { mode: 'CTR', padding: 'PKCS7' }), invalid)
  await t.rejects(ann.encryptInMode(aes.id, plain, { mode: 'CBC', aad: plain }), invalid)
  await t.rejects(ann.encryptInMode(aes.id, plain, { mode: 'CBC', iv: iv.subarray(1) }), invalid)
  await t.rejects(ann.encryptInMode(aes.id, plain, { mode: 'CBC', tagLength: 16 }), invalid)
  await t.rejects(ann.decrypt(aes.id, plain, { iv }), invalid, 'an IV without a mode')
})

t.test('approved: what is legacy opens and is marked, and protects nothing', async (t) => {
  const house = await KeyHouse.build(t, { policy: 'compatible' })
  const old = await house.as('ann')
  const tdes = await keyFor(old, { algorithm: '3DES', length: 168 } as Row)
  const chacha = await keyFor(old, { algorithm: 'ChaCha20', length: 256 } as Row)
  const plain = Buffer.from('plain')
  const made = await old.encryptInMode(tdes.id, plain, { mode: 'CBC' })
  const stream = await old.encryptInMode(chacha.id, plain, { mode: 'ChaCha20-Poly1305' })
  const ann = await house.as('ann', await house.open({ policy: 'approved' }))
  const how = { mode: 'CBC', iv: made.iv ?? Buffer.alloc(0) } as const
  t.same(await ann.decrypt(tdes.id, made.ciphertext, how), plain)
  await t.rejects(ann.encryptInMode(tdes.id, plain, { mode: 'CBC' }), refused)
  const { ciphertext, ...parts } = stream
  await t.rejects(
    ann.decrypt(chacha.id, ciphertext, {
      mode: 'ChaCha20-Poly1305',
      iv: parts.iv ?? plain,
      tag: parts.tag ?? plain,
    }),
    refused,
  )
  const aes = await ann.createKey({ algorithm: 'AES' })
  await t.rejects(ann.encryptInMode(aes.id, plain, { mode: 'ECB' }), refused)
  const { records } = await (await house.administrator()).audit({
    principal: ann.principal.id,
    object: tdes.id,
  })
  t.match(records.find(({ operation }) => operation === 'Decrypt')?.detail, {
    mode: 'CBC',
    legacyUse: '3DES',
  })
  for (const algorithm of ['3DES', 'ChaCha20']) await t.rejects(ann.createKey({ algorithm }), refused)
})

t.test('keys of XTS of parts that are equal are no keys; of 3DES old clients have them', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  const part = randomBytes(8)
  const twice = Buffer.concat([part, part, randomBytes(8)])
  const invalid = { code: 'MORTISE_CRYPTO_KEY_INVALID' }
  const register = (algorithm: string, material: Buffer) =>
    ann.register({ format: 'raw', algorithm, material })
  t.match(await register('3DES', twice), { algorithm: '3DES', length: 168 })
  await t.rejects(register('AES-XTS', Buffer.alloc(32, 7)), invalid)
  await t.rejects(register('3DES', part), invalid, 'one part is too few')
  t.match(await register('3DES', randomBytes(24)), { algorithm: '3DES', length: 168 })
})
