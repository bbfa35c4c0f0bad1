/**
 * npm run example [PATH]: seals every file of a tree, opens all of it again and compares. The tree is only read. It shows
 * the hot path of Mortise: a lease is decided and recorded once, and then seals whole batches at native speed. node:crypto
 * does the same to the same bytes, in turns.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type KeyManager, openKeyManager } from '../lib/index.js'
import { NodeAead } from './peers/node_aead.js'
import { type Batch, batchesOf, filesOf } from './tree.js'

const tree = resolve(process.argv[2] ?? 'node_modules')
const directory = await mkdtemp(join(tmpdir(), 'mortise-example-'))
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))
try {
  const manager = await openKeyManager({ directory })
  await sealTree(manager).finally(() => manager.close())
} catch (error) {
  process.stderr.write(`mortise: ${(error as Error).message}\n`)
  process.exitCode = 1
} finally {
  await rm(directory, { recursive: true })
}

async function sealTree(manager: KeyManager): Promise<void> {
  await manager.ensurePrincipal({ name: 'backup@example.org' })
  const me = await manager.as('backup@example.org')
  const key = await me.createKey({ algorithm: 'AES', length: 256, name: 'backups' })
  const cipher = await me.openCipher(key.id, ['encrypt', 'decrypt'])
  const node = new NodeAead(randomBytes(32))

  const mortise = contender<Buffer>(
    'Mortise',
    (plaintexts, aad) => cipher.sealBatch(plaintexts, aad),
    (records, aad) => cipher.openBatch(records, aad),
  )
  const peer = contender(
    'node:crypto',
    (plaintexts, aad) => plaintexts.map((plaintext) => node.seal(plaintext, aad)),
    (records, aad) => records.map((record) => node.open(record, aad)),
  )

  const total = { files: 0, pieces: 0, bytes: 0, batches: 0 }
  const skipped = (path: string, { message }: Error) =>
    process.stderr.write(`mortise: left out ${path}: ${message}\n`)
  for await (const batch of batchesOf(filesOf(tree, skipped), skipped)) {
    // A record opens only with the additional data that it was sealed with: here, in the batch that it is from.
    const aad = Buffer.from(`batch ${total.batches}`)
    for (const each of total.batches % 2 === 0 ? [mortise, peer] : [peer, mortise]) each.roundTrip(batch, aad)
    total.files += batch.files
    total.pieces += batch.pieces.length
    total.bytes += batch.bytes
    total.batches++
    interrupted.signal.throwIfAborted()
    showProgress(`${count(total.files)} files, ${size(total.bytes)}`)
  }
  showProgress('')

  const { used } = cipher
  await cipher.close()

  console.log(`tree         ${tree}`)
  console.log(`files        ${count(total.files)} (${size(total.bytes)}), all opened again as they were`)
  console.log(`records      ${count(total.pieces)} in ${count(total.batches)} batches`)
  console.log(`key uses     ${count(used)} through one lease`)
  for (const { name, seconds } of [mortise, peer]) {
    const rate = (time: number) => `${size(total.bytes / time)}/s, ${count(total.pieces / time)} records/s`
    console.log(`${name.padEnd(12)} seals ${rate(seconds.seal)}; opens ${rate(seconds.open)}`)
  }
  const ratio = (way: 'seal' | 'open') => (peer.seconds[way] / mortise.seconds[way]).toFixed(1)
  console.log(`ratio        seals ${ratio('seal')} times as fast, opens ${ratio('open')} times`)
}

/** Somebody who seals and opens, and how long it took. */
function contender<Sealed>(
  name: string,
  seal: (plaintexts: readonly Buffer[], aad: Buffer) => Sealed[],
  open: (records: Sealed[], aad: Buffer) => (Buffer | null)[],
) {
  const seconds = { seal: 0, open: 0 }
  const timed = <T>(way: 'seal' | 'open', work: () => T): T => {
    const start = performance.now()
    const result = work()
    seconds[way] += (performance.now() - start) / 1000
    return result
  }
  return {
    name,
    seconds,
    roundTrip({ pieces }: Batch, aad: Buffer): void {
      const records = timed('seal', () => seal(pieces, aad))
      const opened = timed('open', () => open(records, aad))
      if (!pieces.every((piece, i) => opened[i]?.equals(piece)))
        throw new Error(`${name} opened something else`)
    },
  }
}

/** On a terminal only: the line that says how far it is. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
