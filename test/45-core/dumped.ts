/**
 * What is dumped: `node dumped.js DIRECTORY MOMENT` uses the keys that the directory has, makes a few more, writes a heap
 * snapshot into the working directory and aborts. What it needs of the controls is in the directory, too.
 */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeHeapSnapshot } from 'node:v8'
import { openKeyManager, type Session } from '../../lib/index.js'
import type { CipherMode } from '../../lib/native/index.js'

/** The keys have been used; leases on them are open and were just used; closed; the keys destroyed; the key manager closed. */
export type Moment = 'idle' | 'leased' | 'released' | 'destroyed' | 'closed'

const [directory = '', moment = ''] = process.argv.slice(2)
const message = Buffer.from('a message of some length, to be sealed, signed and whatever else there is')
const aes = ['aes-128', 'aes-192', 'aes-256']
const xts = ['xts-256', 'xts-512']
const hmac = ['hmac-256', 'hmac-512']
const curves = ['P-256', 'P-384', 'P-521', 'secp256k1']
const signing = ['rsa', ...curves, 'ed25519', 'ed448']
const agreeing = [...curves, 'x25519', 'x448']

/** The record tells which key was derived for it. */
function tell(name: string, record: Buffer | undefined): void {
  console.log(`record ${name} ${record?.toString('hex')}`)
}

async function useMode(me: Session, name: string, mode: CipherMode): Promise<void> {
  const unit = mode === 'XTS' ? { iv: Buffer.alloc(16) } : {}
  const { ciphertext, iv, tag } = await me.encryptInMode(name, message, { mode, ...unit })
  await me.decrypt(name, ciphertext, { mode, ...(iv && { iv }), ...(tag && { tag }) })
}

async function useAes(me: Session, name: string): Promise<void> {
  const record = await me.encrypt(name, message)
  if (name === 'aes-256') tell(name, record)
  await me.decrypt(name, record)
  for (const mode of ['GCM', 'CBC', 'CTR'] as const) await useMode(me, name, mode)
  await me.mac(name, message)
  await me.generateWrappedDataKey(name)
  for (const method of ['AES-KW', 'AES-KWP', 'AES-GCM'] as const) {
    const wrapping = { key: name, method }
    const { material } = await me.export('hmac-256', { wrapping })
    await me.register({ material, algorithm: 'HMAC-SHA-256', wrapping })
  }
  const wrapping = { key: name, method: 'AES-KWP' } as const
  await me.export('data', { wrapping })
  const { material } = await me.export('rsa', { wrapping })
  await me.register({ material, algorithm: 'RSA', wrapping })
}

async function use(me: Session): Promise<void> {
  // First, because what changes a key drops it from memory.
  for (const name of aes) {
    await me.deriveKey(name, { algorithm: 'AES' })
    await me.deriveKeys(name, [message, Buffer.alloc(0)], { algorithm: 'AES' })
  }
  for (const name of agreeing) {
    const { material } = await me.export(`${name}-public`)
    await me.deriveKey(name, { algorithm: 'AES', peer: material })
  }
  for (const name of aes) await useAes(me, name)
  for (const name of xts) await useMode(me, name, 'XTS')
  await useMode(me, '3des', 'CBC')
  await useMode(me, 'chacha20', 'ChaCha20-Poly1305')
  for (const name of hmac) await me.mac(name, message)
  for (const name of signing) {
    const signature = await me.sign(name, message)
    await me.verify(`${name}-public`, message, signature)
  }
  await me.decrypt('rsa', await me.encrypt('rsa-public', message))
  await me.decrypt('rsa', await me.encrypt('rsa-public', message, { format: 'hybrid' }), { format: 'hybrid' })
  const shares = await me.locate({ type: 'SplitKey' })
  await me.joinSplitKey(shares.items.map(({ id }) => id))
}

async function make(me: Session): Promise<void> {
  await me.createKey({ algorithm: 'AES', name: `${moment}-AES`, extractable: true })
  await me.encrypt(`${moment}-AES`, message)
  for (const [algorithm, length] of [['RSA', 2048], ['EC'], ['Ed25519']] as const) {
    const { privateKey } = await me.createKeyPair({
      algorithm,
      ...(length && { length }),
      name: `${moment}-${algorithm}`,
      extractable: true,
    })
    await me.sign(privateKey.id, message)
  }
}

async function lease(me: Session) {
  const leases = []
  for (const name of [...aes, 'chacha20']) {
    const cipher = await me.openCipher(name)
    const records = cipher.sealBatch([message, message])
    if (name === 'aes-256') tell(name, records[0])
    cipher.openBatch(records)
    await cipher.openBatchAsync(await cipher.sealBatchAsync([Buffer.alloc(1 << 20), message]))
    leases.push(cipher)
  }
  for (const name of signing) {
    const signer = await me.openSigner(name)
    signer.signBatchSync([message, message])
    await signer.signBatch([message, message])
    leases.push(signer)
    const verifier = await me.openVerifier(`${name}-public`)
    verifier.verifyBatchSync([message], [message])
    leases.push(verifier)
  }
  for (const name of [...aes, ...hmac]) {
    const mac = await me.openMac(name)
    mac.verify(message, mac.mac(message))
    await mac.macBatchAsync([Buffer.alloc(1 << 20), message])
    leases.push(mac)
  }
  return leases
}

const control = readFileSync(join(directory, 'control'))
const inMemory = [
  control,
  Buffer.from(control).reverse(),
  createPrivateKey(readFileSync(join(directory, 'control.pem'))),
]
const texts = (['hex', 'base64', 'base64url', 'latin1'] as const).map((form) => control.toString(form))
Object.assign(globalThis, { inMemory, texts })

const km = await openKeyManager({ directory, policy: 'compatible', leaseSeconds: 60 })
const me = await km.as('ann')
await use(me)
await make(me)
if (moment !== 'idle') {
  const leases = await lease(me)
  if (moment === 'released') for (const one of leases) await one.close()
  if (moment === 'closed') await km.close()
  if (moment === 'destroyed') {
    for (const name of [
      ...aes,
      ...xts,
      ...hmac,
      ...new Set([...signing, ...agreeing]),
      '3des',
      'chacha20',
      'data',
    ]) {
      await me.revoke(name)
      await me.destroy(name)
    }
  }
}
writeHeapSnapshot('snapshot')
process.abort()
