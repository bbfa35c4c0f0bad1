import assert from 'node:assert/strict'
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign as signNow,
  verify,
} from 'node:crypto'
import { openKeyManager, type Session } from '../lib/index.js'
import { type Contender, type Suite, withScratch } from './harness/index.js'
import { limits } from './native/index.js'
import { layOut } from './work.js'

/** Signatures in a batch. */
const count = 32

const kinds = [
  { name: 'p256', key: { algorithm: 'EC', curve: 'P-256' }, scheme: 'ES256', hash: 'sha256' },
  { name: 'p384', key: { algorithm: 'EC', curve: 'P-384' }, scheme: 'ES384', hash: 'sha384' },
  { name: 'ed25519', key: { algorithm: 'Ed25519' }, scheme: 'EdDSA', hash: null },
  { name: 'rsa2048', key: { algorithm: 'RSA', length: 2048 }, scheme: 'RS256', hash: 'sha256' },
  { name: 'rsa3072', key: { algorithm: 'RSA', length: 3072 }, scheme: 'RS256', hash: 'sha256' },
] as const

/** Signatures made and verified through leases, with access, audit and usage counting, against node:crypto with the same key. */
export const sign: Suite = {
  name: 'sign',
  run: (contest) =>
    withScratch(async (directory) => {
      const manager = await openKeyManager({ directory })
      await manager.ensurePrincipal({ name: 'bench' })
      const session = await manager.as('bench')
      for (const { name, key, scheme, hash } of kinds) {
        const pair = await session.createKeyPair({ ...key, extractable: true })
        const signer = await session.openSigner(pair.privateKey.id, { scheme })
        const { privateKey, publicKey } = await exported(session, pair.privateKey.id)
        const { arena, views: messages } = layOut(randomBytes(64 * count), 64)
        const check = async (ours: Contender & Made) => {
          await ours.work()
          const made = ours.made()
          assert.equal(made.length, count)
          for (const [i, signature] of made.entries())
            assert.ok(verify(hash, messages[i] as Buffer, publicKey, signature))
        }
        const peer = {
          work: () => {
            for (const message of messages) signNow(hash, message, privateKey)
            return count
          },
        }
        const raw = rawSigner(privateKey, hash, arena)
        const here = keeping(() => signer.signBatchSync(messages))
        await contest({
          name: `sign/${name}/batch`,
          unit: 'signatures/s',
          ours: here,
          peer,
          peerName: 'node:crypto, one call each',
          limit: raw,
          limitName: 'OpenSSL looped natively over the same messages',
          check: async () => {
            await check(here)
            await check(raw)
          },
        })
        const oneByOne = keeping(async () => {
          const made: Buffer[] = []
          for (const message of messages) made.push(await signer.sign(message))
          return made
        })
        await contest({
          name: `sign/${name}/single`,
          unit: 'signatures/s',
          ours: oneByOne,
          peer,
          peerName: 'node:crypto, one call each, which blocks',
          check: () => check(oneByOne),
        })
        const onThreads = keeping(() => signer.signBatch(messages))
        await contest({
          name: `sign/${name}/async`,
          unit: 'signatures/s',
          ours: { ...onThreads, lanes: 2 },
          peer,
          peerName: 'node:crypto, one call each, which blocks',
          watchLoop: true,
          check: () => check(onThreads),
        })
        await signer.close()

        const verifier = await session.openVerifier(pair.publicKey.id, { scheme })
        const signatures = messages.map((message) => signNow(hash, message, privateKey))
        const expectValid = async (verdicts: boolean[] | Promise<boolean[]>) =>
          assert.deepEqual(await verdicts, Array(count).fill(true))
        const verifyHere = () => verifier.verifyBatchSync(messages, signatures)
        const verifyOnThreads = () => verifier.verifyBatch(messages, signatures)
        const verifyPeer = {
          work: () => {
            for (const [i, message] of messages.entries())
              assert.ok(verify(hash, message, publicKey, signatures[i] as Buffer))
            return count
          },
        }
        await contest({
          name: `verify/${name}/batch`,
          unit: 'signatures/s',
          ours: { work: () => verifyHere().length },
          peer: verifyPeer,
          peerName: 'node:crypto, one call each',
          check: () => expectValid(verifyHere()),
        })
        await contest({
          name: `verify/${name}/async`,
          unit: 'signatures/s',
          ours: { work: async () => (await verifyOnThreads()).length, lanes: 2 },
          peer: verifyPeer,
          peerName: 'node:crypto, one call each, which blocks',
          watchLoop: true,
          check: () => expectValid(verifyOnThreads()),
        })
        await verifier.close()
      }
      await manager.close()
    }),
}

interface Made {
  made(): readonly Buffer[]
}

function keeping(run: () => Buffer[] | Promise<Buffer[]>): Contender & Made {
  let made: Buffer[] = []
  return {
    work: () => {
      const signatures = run()
      if (!(signatures instanceof Promise)) {
        made = signatures
        return count
      }
      return signatures.then((done) => {
        made = done
        return count
      })
    },
    made: () => made,
  }
}

/** Hashes and signs 64 bytes each. */
function rawSigner(key: KeyObject, hash: string | null, messages: Buffer): Contender & Made {
  const signer = new limits.Signer(key.export({ format: 'der', type: 'pkcs8' }), hash)
  const lengths = new Uint32Array(count)
  // No signature here is longer than one of RSA-3072.
  const longest = 384
  const out = Buffer.alloc(count * longest)
  return keeping(() => {
    const apart = signer.sign(messages, 64, out, lengths)
    return Array.from(lengths, (length, i) => out.subarray(i * apart, i * apart + length))
  })
}

async function exported(
  session: Session,
  id: string,
): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  const { material } = await session.export(id, { format: 'pkcs8' })
  const privateKey = createPrivateKey({ key: Buffer.from(material), format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}
