/**
 * What is dumped: `node dumped.js DIRECTORY MOMENT` uses the keys that the directory has by their names, writes a heap snapshot
 * into the working directory and aborts.
 */
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { writeHeapSnapshot } from 'node:v8'
import type { CipherMode } from '../../lib/native/index.js'
import { type KeyManager, openKeyManager, type Session } from '../../lib/index.js'

export const owner = 'ann'
export const passphrase = 'x'
/** The keys are in use by nobody; leases are open; they are closed; the keys are destroyed; the key manager is closed. */
export const moments = ['idle', 'leased', 'released', 'destroyed', 'closed'] as const
export type Moment = (typeof moments)[number]

/** What is in ordinary memory of the process that aborts, as it is and reversed. */
export function controls(): Map<string, Buffer> {
  const digest = (name: string) => createHash('sha512').update(name).digest()
  return new Map([
    ['control', digest('control')],
    ['reversed control', digest('reversed control')],
  ])
}

const message = Buffer.from('a message of some length, to be sealed, signed and whatever else there is')
const aes = ['aes-128', 'aes-192', 'aes-256']
const signing = ['rsa', 'P-256', 'P-384', 'P-521', 'secp256k1', 'ed25519', 'ed448']
const agreeing = ['P-256', 'P-384', 'P-521', 'secp256k1', 'x25519', 'x448']

function tell(name: string, record: Buffer): void {
  if (name === 'aes-256') console.log(`record ${name} ${record.toString('hex')}`)
}

async function useMode(me: Session, name: string, mode: CipherMode): Promise<void> {
  const unit = mode === 'XTS' ? { iv: Buffer.alloc(16) } : {}
  const { ciphertext, iv, tag } = await me.encryptInMode(name, message, { mode, ...unit })
  await me.decrypt(name, ciphertext, { mode, ...(iv && { iv }), ...(tag && { tag }) })
}

/** Whatever there is to be done with each key. */
async function use(me: Session): Promise<void> {
  // First, because they change the key and so drop it from memory.
  for (const name of aes) await me.deriveKey(name, { algorithm: 'AES' })
  for (const name of agreeing) {
    const { material } = await me.export(`${name}-public`)
    await me.deriveKey(name, { algorithm: 'AES', peer: material })
  }
  for (const name of aes) {
    const record = await me.encrypt(name, message)
    tell(name, record)
    await me.decrypt(name, record)
    for (const mode of ['GCM', 'CBC', 'CTR'] as const) await useMode(me, name, mode)
    await me.mac(name, message)
    await me.generateWrappedDataKey(name)
    for (const method of ['AES-KW', 'AES-KWP', 'AES-GCM'] as const) {
      const wrapping = { key: name, method }
      const { material } = await me.export('hmac-256', { wrapping })
      await me.register({ material, algorithm: 'HMAC-SHA-256', wrapping })
    }
    for (const kept of ['data', 'rsa']) await me.export(kept, { wrapping: { key: name, method: 'AES-KWP' } })
  }
  for (const name of ['xts-256', 'xts-512']) await useMode(me, name, 'XTS')
  await useMode(me, '3des', 'CBC')
  await useMode(me, 'chacha20', 'ChaCha20-Poly1305')
  for (const name of ['hmac-256', 'hmac-512']) await me.mac(name, message)
  for (const name of signing) {
    const signature = await me.sign(name, message)
    await me.verify(`${name}-public`, message, signature)
  }
  await me.decrypt('rsa', await me.encrypt('rsa-public', message))
  await me.decrypt('rsa', await me.encrypt('rsa-public', message, { format: 'hybrid' }), { format: 'hybrid' })
  const shares = (await me.locate({ type: 'SplitKey' })).items
  await me.joinSplitKey(shares.map(({ id }) => id))
}

async function lease(me: Session) {
  const leases = []
  for (const name of [...aes, 'chacha20']) {
    const cipher = await me.openCipher(name, ['encrypt', 'decrypt'], {})
    const records = cipher.sealBatch([message, message])
    tell(name, records[0] as Buffer)
    cipher.openBatch(records)
    cipher.openBatch(await cipher.sealBatchAsync([Buffer.alloc(1 << 20), message]))
    leases.push(cipher)
  }
  for (const name of signing) {
    const signer = await me.openSigner(name)
    signer.signBatchSync([message, message])
    await signer.signBatch([message, message])
    leases.push(signer)
  }
  return leases
}

async function until(moment: Moment, km: KeyManager): Promise<void> {
  const me = await km.as(owner)
  await use(me)
  if (moment === 'idle') return
  const leases = await lease(me)
  if (moment === 'leased') return
  if (moment === 'released') for (const one of leases) await one.close()
  if (moment === 'closed') return km.close()
  if (moment === 'released') return
  for (const { id, state, type } of (await me.locate({ limit: 1000 })).items as never as { id: string; state: string; type: string }[]) {
    void type
    if (state === 'Active') await me.revoke(id)
    if (!state.startsWith('Destroyed')) await me.destroy(id)
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [directory = '', moment = ''] = argv.slice(2)
  const control = controls()
  control.get('reversed control')?.reverse()
  const km = await openKeyManager({ directory, policy: 'compatible', checkpointSeconds: 0 })
  await until(moment as Moment, km)
  writeHeapSnapshot('snapshot')
  Object.assign(globalThis, { control })
  process.abort()
}
void (createPrivateKey as unknown as KeyObject)
