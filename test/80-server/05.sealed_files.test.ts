import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import {
  fileOpener,
  fileSealer,
  type KeyManager,
  openFile,
  openKeyManager,
  type Session,
  sealFile,
} from '../../lib/core/index.js'
import { temporary } from './house.js'

const chunk = 256 * 1024
const header = 44
const overhead = 45

async function openSession(t: Test): Promise<{ me: Session; keyManager: KeyManager }> {
  const keyManager = await openKeyManager({ directory: await temporary(t) })
  t.teardown(() => keyManager.close())
  await keyManager.ensurePrincipal({ name: 'ann' })
  return { me: await keyManager.as('ann'), keyManager }
}

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const piece of source) all.push(Buffer.from(piece))
  return Buffer.concat(all)
}

async function seal(me: Session, key: string, content: Uint8Array, pieceLength = 100_000): Promise<Buffer> {
  const sealer = await fileSealer(me, key)
  try {
    return await collect(sealFile(sealer, pieces(content, pieceLength)))
  } finally {
    await sealer.close()
  }
}

/** What came out before it ended, and how it ended. */
async function open(me: Session, sealed: Uint8Array, pieceLength = 77_777) {
  const out: Buffer[] = []
  try {
    for await (const piece of openFile((keyId) => fileOpener(me, keyId), pieces(sealed, pieceLength))) {
      out.push(Buffer.from(piece))
    }
    return { content: Buffer.concat(out), error: undefined }
  } catch (error) {
    return { content: Buffer.concat(out), error: error as { code: string } }
  }
}

t.test('Content of every length comes back, however it is cut into pieces', async (t) => {
  const { me } = await openSession(t)
  await me.createKey({ algorithm: 'AES', name: 'k' })
  for (const length of [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 5]) {
    const content = randomBytes(length)
    const sealed = await seal(me, 'k', content)
    const chunks = Math.max(1, Math.ceil(length / chunk))
    t.equal(sealed.length, header + length + chunks * overhead)
    for (const pieceLength of [1000, 65_536, sealed.length]) {
      const opened = await open(me, sealed, pieceLength)
      t.ok(opened.content.equals(content) && !opened.error, `${length} bytes in pieces of ${pieceLength}`)
    }
  }
})

t.test('A sealed file begins with its format and the id of its key', async (t) => {
  const { me } = await openSession(t)
  const { id } = await me.createKey({ algorithm: 'AES' })
  const one = await seal(me, id, Buffer.from('x'))
  t.equal(one.toString('latin1', 0, 8), '\x03mortise')
  t.equal(one.toString('hex', 8, 24), id.replaceAll('-', ''))
  t.equal(one.readUInt32BE(24), chunk)
  t.notOk(
    (await seal(me, id, Buffer.from('x'))).subarray(28, 44).equals(one.subarray(28, 44)),
    'no two have the same id',
  )
})

t.test('Whatever is done to a file is found, and no byte comes out that was not sealed there', async (t) => {
  const { me } = await openSession(t)
  await me.createKey({ algorithm: 'AES', name: 'k' })
  const content = randomBytes(3 * chunk + 1000)
  const sealed = await seal(me, 'k', content)
  const other = await seal(me, 'k', randomBytes(3 * chunk + 1000))
  const record = chunk + overhead
  const at = (index: number) => header + index * record
  const part = (of: Buffer, from: number, to?: number) => of.subarray(from, to)
  const head = part(sealed, 0, header)
  const records = [0, 1, 2, 3].map((index) =>
    part(sealed, at(index), index === 3 ? undefined : at(index + 1)),
  )
  const [first, second, third, last] = records as [Buffer, Buffer, Buffer, Buffer]

  const attacks: Record<string, Buffer> = {
    'cut off within a record': part(sealed, 0, at(2) + 100),
    'cut off between records': part(sealed, 0, at(3)),
    'cut off behind the header': head,
    'the last byte gone': part(sealed, 0, -1),
    'a byte more': Buffer.concat([sealed, Buffer.of(0)]),
    'a record more': Buffer.concat([sealed, third]),
    'two records swapped': Buffer.concat([head, second, first, third, last]),
    'a record left out': Buffer.concat([head, first, third, last]),
    'a record twice': Buffer.concat([head, first, first, second, third, last]),
    'a record of another file': Buffer.concat([head, part(other, at(0), at(1)), second, third, last]),
    'the header of another file': Buffer.concat([part(other, 0, header), ...records]),
    'only the last record': Buffer.concat([head, last]),
    'two files together': Buffer.concat([sealed, other]),
  }
  for (const [what, attacked] of Object.entries(attacks)) {
    const { content: out, error } = await open(me, attacked)
    t.equal(error?.code, 'MORTISE_CRYPTO_DECRYPTION_FAILED', what)
    t.ok(out.equals(content.subarray(0, out.length)), `${what}: what came out was sealed at that place`)
  }
  for (const position of [
    28,
    43,
    header,
    header + 1,
    at(0) + 5,
    at(1) + 1000,
    at(3) + 20,
    sealed.length - 1,
  ]) {
    const flipped = Buffer.from(sealed)
    flipped[position] = (flipped[position] ?? 0) ^ 1
    const { content: out, error } = await open(me, flipped)
    t.ok(error && out.equals(content.subarray(0, out.length)), `a bit at ${position}`)
  }
})

t.test('What is no sealed file is said to be none', async (t) => {
  const { me } = await openSession(t)
  const { id } = await me.createKey({ algorithm: 'AES' })
  const sealed = await seal(me, id, Buffer.from('x'))
  const giant = Buffer.from(sealed)
  giant.writeUInt32BE(0xffffffff, 24)
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('hello'),
    Buffer.alloc(100),
    sealed.subarray(0, 40),
    giant,
  ]) {
    t.match(await open(me, bytes), { error: { code: 'MORTISE_INPUT_INVALID' } })
  }
  const strange = Buffer.from(sealed)
  strange.fill(0, 8, 24)
  t.match(await open(me, strange), { error: { code: 'MORTISE_KEY_NOT_FOUND' } })
})

t.test('Old files open after a rekey and after a revocation, and not after a destruction', async (t) => {
  const { me } = await openSession(t)
  const { id } = await me.createKey({ algorithm: 'AES', name: 'k' })
  const content = randomBytes(chunk + 7)
  const sealed = await seal(me, 'k', content)
  await me.rekey('k')
  t.ok((await open(me, sealed)).content.equals(content))
  await me.revoke(id)
  t.ok((await open(me, sealed)).content.equals(content))
  await me.destroy(id)
  t.match(await open(me, sealed), { error: { code: 'MORTISE_KEY_STATE' } })
})

t.test('A rekey in the middle of a file does not stop it, a revocation does', async (t) => {
  const { me } = await openSession(t)
  await me.createKey({ algorithm: 'AES', name: 'k' })
  const content = randomBytes(3 * chunk)
  async function* interrupted(act: () => Promise<unknown>) {
    yield content.subarray(0, 2 * chunk)
    await act()
    yield content.subarray(2 * chunk)
  }
  const sealer = await fileSealer(me, 'k')
  const sealed = await collect(
    sealFile(
      sealer,
      interrupted(() => me.rekey('k')),
    ),
  )
  t.ok((await open(me, sealed)).content.equals(content))
  const another = await fileSealer(me, 'k')
  await t.rejects(
    collect(
      sealFile(
        another,
        interrupted(() => me.revoke('k')),
      ),
    ),
    { code: 'MORTISE_KEY_STATE' },
  )
})

t.test('AES-128 makes shorter records of the other format', async (t) => {
  const { me } = await openSession(t)
  await me.createKey({ algorithm: 'AES', length: 128, name: 'short' })
  const content = randomBytes(chunk + 1)
  const sealed = await seal(me, 'short', content)
  t.equal(sealed.length, header + content.length + 2 * 33)
  t.ok((await open(me, sealed)).content.equals(content))
})

t.test('Who may only seal cannot open', async (t) => {
  const { me, keyManager } = await openSession(t)
  await me.createKey({ algorithm: 'AES', name: 'k' })
  await keyManager.ensurePrincipal({ name: 'writer' })
  await me.grant('k', { principal: 'writer' }, ['Encrypt'])
  const writer = await keyManager.as('writer')
  const sealed = await seal(writer, 'k', Buffer.from('for ann'))
  t.match(await open(writer, sealed), { error: { code: 'MORTISE_ACCESS_DENIED' } })
  t.equal((await open(me, sealed)).content.toString(), 'for ann')
})
