import { chmod, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openKeyManager, type RootKeySource } from '../../lib/index.js'

const hex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

async function directoryFor(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-test-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Opens a directory and makes or finds a key there. */
async function use(directory: string, rootKey?: RootKeySource): Promise<void> {
  const km = await openKeyManager({ directory, ...(rootKey && { rootKey }) })
  try {
    await km.ensurePrincipal({ name: 'ann' })
    const ann = await km.as('ann')
    const { items } = await ann.locate({ name: 'key' })
    if (items.length === 0) await ann.createKey({ algorithm: 'AES', name: 'key' })
    const box = await ann.encrypt('key', Buffer.from('plain'))
    if ((await ann.decrypt('key', box)).toString() !== 'plain') throw new Error('it opens another plaintext')
  } finally {
    await km.close()
  }
}

t.test('a new directory gets a root key file that only its owner reads', async (t) => {
  const directory = await directoryFor(t)
  await use(directory)
  const { mode, size } = await stat(join(directory, 'root-key'))
  t.equal(mode & 0o777, 0o600)
  t.equal(size, 84)
  await t.resolves(use(directory), 'and opens with it again')
})

t.test('a root key file elsewhere', async (t) => {
  const directory = await directoryFor(t)
  const file = join(await directoryFor(t), 'root')
  await use(directory, { file })
  await use(directory, { file })
  await t.rejects(stat(join(directory, 'root-key')), { code: 'ENOENT' })
})

t.test('a root key file that is missing is not made again', async (t) => {
  const directory = await directoryFor(t)
  const file = join(directory, 'root-key')
  await use(directory)
  await rename(file, `${file}.away`)
  await t.rejects(use(directory), {
    code: 'MORTISE_BARRIER_ROOT_KEY_MISSING',
    message: `the root key file ${file} is not there, but the store is sealed with one: put it back or name the right file`,
  })
  await t.rejects(stat(file), { code: 'ENOENT' })
  await rename(`${file}.away`, file)
  await t.resolves(use(directory))
})

t.test('a root key file that is none, or that others can read, is refused', async (t) => {
  const directory = await directoryFor(t)
  const file = join(directory, 'root-key')
  await use(directory)
  const text = await readFile(file)
  await chmod(file, 0o640)
  await t.rejects(use(directory), {
    code: 'MORTISE_BARRIER_ROOT_KEY_MISSING',
    message: `the root key file ${file} can be reached by others than its owner: chmod 600 it`,
  })
  await chmod(file, 0o600)
  for (const broken of ['', hex, text.subarray(0, -1), Buffer.concat([text, text])]) {
    await writeFile(file, broken)
    await t.rejects(use(directory), {
      code: 'MORTISE_BARRIER_ROOT_KEY_MISSING',
      message: `the root key file ${file} does not hold a root key of Mortise`,
    })
  }
})

t.test('a root key in hexadecimal', async (t) => {
  const directory = await directoryFor(t)
  await use(directory, { hex })
  await t.resolves(use(directory, { hex: hex.toUpperCase() }))
  for (const broken of ['', hex.slice(1), `${hex}0`, hex.replace('0', 'g'), ` ${hex}`]) {
    await t.rejects(use(directory, { hex: broken }), {
      code: 'MORTISE_CONFIG_INVALID',
      message: 'the root key must be 64 hexadecimal digits (256 bits)',
    })
  }
})

t.test('a passphrase', async (t) => {
  const directory = await directoryFor(t)
  const passphrase = 'correct horse battery staple'
  await use(directory, { passphrase })
  await t.resolves(use(directory, { passphrase }))
  await t.rejects(use(directory, { passphrase: `${passphrase}.` }), {
    code: 'MORTISE_BARRIER_WRONG_ROOT_KEY',
  })
  await t.rejects(use(directory, { passphrase: 'short' }), { code: 'MORTISE_CONFIG_INVALID' })
})

t.test('another root key than the one of the store, from wherever it comes', async (t) => {
  const directory = await directoryFor(t)
  await use(directory)
  const other = join(await directoryFor(t), 'root-key')
  await use(await directoryFor(t), { file: other })
  for (const source of [{ hex }, { file: other }, { passphrase: 'correct horse battery staple' }]) {
    await t.rejects(use(directory, source), { code: 'MORTISE_BARRIER_WRONG_ROOT_KEY' })
  }
  await t.resolves(use(directory), 'the right one opens it still')
})

t.test('several processes that start on a new directory at once agree on one key', async (t) => {
  for (const source of [undefined, { hex }, { passphrase: 'correct horse battery staple' }]) {
    const directory = await directoryFor(t)
    const open = () => openKeyManager({ directory, ...(source && { rootKey: source }) })
    const opened = await Promise.all([open(), open(), open()])
    await Promise.all(opened.map((km) => km.close()))
    await t.resolves(use(directory, source))
  }
})
