import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import t from 'tap'
import {
  hashNames,
  type ObjectInfo,
  type Session,
  type SignatureScheme,
  signatureSchemes,
  toPem,
} from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

const data = Buffer.from('data to be signed')
const schemes = Object.keys(signatureSchemes) as SignatureScheme[]

interface Pair {
  readonly privateKey: ObjectInfo
  readonly publicKey: ObjectInfo
  /** The same for node:crypto. */
  readonly theirs: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
}

async function makePair(
  session: Session,
  input: { algorithm: string; curve?: string; length?: number },
): Promise<Pair> {
  const { privateKey, publicKey } = await session.createKeyPair({ ...input, extractable: true })
  return {
    privateKey,
    publicKey,
    theirs: {
      privateKey: createPrivateKey(toPem('pkcs8', (await session.export(privateKey.id)).material)),
      publicKey: createPublicKey(toPem('spki', (await session.export(publicKey.id)).material)),
    },
  }
}

/** What node:crypto must be told to do a scheme. */
function options(scheme: SignatureScheme, encoding: 'der' | 'p1363') {
  return {
    ...(scheme.startsWith('PS') && {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
    dsaEncoding: encoding === 'der' ? ('der' as const) : ('ieee-p1363' as const),
  }
}

const hashOf = (scheme: SignatureScheme) =>
  signatureSchemes[scheme].hash?.replace('-', '').toLowerCase() ?? null

t.test('every scheme, both ways, against node:crypto', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  const pairs: Record<string, Pair> = {
    RSA: await makePair(ann, { algorithm: 'RSA', length: 2048 }),
    'P-256': await makePair(ann, { algorithm: 'EC', curve: 'P-256' }),
    'P-384': await makePair(ann, { algorithm: 'EC', curve: 'P-384' }),
    'P-521': await makePair(ann, { algorithm: 'EC', curve: 'P-521' }),
    secp256k1: await makePair(ann, { algorithm: 'EC', curve: 'secp256k1' }),
    Ed25519: await makePair(ann, { algorithm: 'Ed25519' }),
    Ed448: await makePair(ann, { algorithm: 'Ed448' }),
  }
  for (const scheme of schemes) {
    const { algorithm, curve } = signatureSchemes[scheme]
    const pair = pairs[curve ?? algorithm]
    if (!pair) throw new Error(`no pair for ${scheme}`)
    const { privateKey, publicKey, theirs } = pair
    const hash = hashOf(scheme)
    for (const encoding of ['der', 'p1363'] as const) {
      const what = `${scheme}, ${encoding}`
      const how = options(scheme, encoding)
      const ours = await ann.sign(privateKey.id, data, { scheme, encoding })
      t.ok(verify(hash, data, { key: theirs.publicKey, ...how }, ours), `${what}: they verify ours`)
      const foreign = sign(hash, data, { key: theirs.privateKey, ...how })
      const verifies = (signature: Buffer, message = data, digested = false) =>
        ann.verify(publicKey.id, message, signature, { scheme, encoding, digested })
      t.ok(await verifies(foreign), `${what}: we verify theirs`)
      t.notOk(await verifies(foreign, Buffer.from('other data')), `${what}: not of other data`)
      t.notOk(await verifies(foreign.subarray(1)), `${what}: not cut short`)
      t.notOk(await verifies(Buffer.alloc(0)), `${what}: nothing`)
      const broken = Buffer.from(ours)
      broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1)
      t.notOk(await verifies(broken), `${what}: not with another bit`)
      if (hash) {
        const digest = createHash(hash).update(data).digest()
        const digested = await ann.sign(privateKey.id, digest, { scheme, encoding, digested: true })
        t.ok(verify(hash, data, { key: theirs.publicKey, ...how }, digested), `${what}: of a digest`)
        t.ok(await verifies(foreign, digest, true))
        await t.rejects(
          ann.sign(privateKey.id, digest.subarray(1), { scheme, digested: true }),
          { code: 'MORTISE_INPUT_INVALID' },
          `${what}: a digest of another length`,
        )
      } else {
        await t.rejects(ann.sign(privateKey.id, data, { scheme, digested: true }), {
          code: 'MORTISE_CRYPTO_UNSUPPORTED',
        })
      }
    }
  }
})

t.test('a scheme that does not fit the key is refused', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const unsupported = { code: 'MORTISE_CRYPTO_UNSUPPORTED' }
  for (const scheme of schemes.filter((one) => one !== 'ES256')) {
    await t.rejects(ann.sign(privateKey.id, data, { scheme }), unsupported)
    await t.rejects(ann.verify(publicKey.id, data, data, { scheme }), unsupported)
    await t.rejects(ann.openSigner(privateKey.id, { scheme }), unsupported)
  }
})

t.test('the audit trail tells the scheme, and whether a signature was valid', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const signature = await ann.sign(privateKey.id, data)
  await ann.verify(publicKey.id, data, signature)
  await ann.verify(publicKey.id, data, data)
  const { records } = await (await house.administrator()).audit({ principal: ann.principal.id })
  t.match(records.slice(0, 3), [
    { operation: 'SignatureVerify', outcome: 'success', detail: { scheme: 'ES256', valid: false } },
    { operation: 'SignatureVerify', outcome: 'success', detail: { scheme: 'ES256', valid: true } },
    { operation: 'Sign', outcome: 'success', object: privateKey.id, detail: { scheme: 'ES256' } },
  ])
})

/** SHA-512/256 is sha512-256 and SHA3-256 is sha3-256 to node:crypto. */
const nodeHash = (name: string) => name.replace('SHA-', 'sha').replace('/', '-').toLowerCase()

t.test('a MAC is the HMAC of the hash of the key', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const hash of hashNames) {
    const { id } = await ann.createKey({ algorithm: `HMAC-${hash}`, extractable: true })
    const { material } = await ann.export(id)
    for (const message of [Buffer.alloc(0), data, Buffer.alloc(100_000, 7)]) {
      const expected = createHmac(nodeHash(hash), material).update(message).digest()
      t.same(await ann.mac(id, message), expected, hash)
    }
  }
})

t.test('random bytes', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  for (const bytes of [1, 32, 65_536]) t.equal((await ann.random(bytes)).length, bytes)
  t.notSame(await ann.random(32), await ann.random(32))
  for (const bytes of [0, -1, 1.5, 65_537, Number.NaN, Number.POSITIVE_INFINITY]) {
    await t.rejects(ann.random(bytes), { code: 'MORTISE_INPUT_INVALID' }, `${bytes}`)
  }
  await house.km.ensurePrincipal({ name: 'bob', permissions: [] })
  await t.rejects((await house.km.as('bob')).random(1), { code: 'MORTISE_ACCESS_DENIED' })
})
