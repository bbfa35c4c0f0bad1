import Type, { type Static } from 'typebox'
import type { CreateKeyPairInput, NewKeyAttributes, Session } from '../../../core/index.js'
import { isMortiseError, MortiseError } from '../../../errors/index.js'
import { type App, enumOf, exactly } from '../../http/index.js'
import { type JoseAlgorithm, joseAlgorithms, unwrapping } from './algorithms.js'
import { decoded, headerOf } from './base64url.js'
import { pin, unsupported } from './key.js'

const tags = ['cosmian JOSE']
const member = Type.Optional(Type.String())
/** Of an octet sequence, an RSA key, an EC key or a key of RFC 8037. */
const members = { k: member, n: member, e: member, d: member, p: member, q: member, dp: member, dq: member }
const newKey = exactly({
  kty: enumOf(['oct', 'RSA', 'EC', 'OKP']),
  alg: Type.String({
    description: `One of ${Object.keys(joseAlgorithms).join(', ')}: the key does no other`,
  }),
  crv: member,
  bits: Type.Optional(Type.Integer({ description: 'Of RSA. Default 3072' })),
  key_ops: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Of RSA-OAEP-256: unwrapKey, for a key that unwraps and does nothing else',
    }),
  ),
  ...members,
  qi: member,
  x: member,
  y: member,
})
type NewKey = Static<typeof newKey>
const made = Type.Object({
  kid: Type.String(),
  kid_public: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  kty: Type.String(),
  alg: Type.String(),
  crv: Type.Optional(Type.String()),
  key_ops: Type.Array(Type.String()),
})
type Made = Static<typeof made>
const ofKey = Type.Object({ kid: Type.String({ description: 'Id or name' }) })

/** Makes, takes in and ends keys. Their secrets are never given out here. */
export function joseKeyRoutes(app: App): void {
  app.post(
    '/keys',
    {
      schema: {
        tags,
        operationId: 'joseCreateKey',
        summary: 'Make a key for one algorithm, or take in a JWK',
        body: newKey,
        response: { 201: made },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await makeKey(session, body)),
  )

  app.post(
    '/keys/unwrap',
    {
      schema: {
        tags,
        operationId: 'joseUnwrapKey',
        summary: 'Take in the content key of a JWE, which is not given out',
        body: exactly({ protected: Type.String(), encrypted_key: Type.String() }),
        response: { 201: made },
      },
    },
    async ({ session, body }, reply) => {
      const { alg, enc, kid } = headerOf(body.protected)
      const does = Object.hasOwn(joseAlgorithms, String(enc)) ? joseAlgorithms[String(enc)] : undefined
      if (alg !== 'RSA-OAEP-256' || does?.algorithm !== 'AES' || typeof kid !== 'string')
        throw unsupported('content keys of A128GCM, A192GCM and A256GCM are unwrapped by RSA-OAEP-256')
      try {
        const key = await session.register({
          material: decoded(body.encrypted_key, 'encrypted_key'),
          algorithm: does.algorithm,
          wrapping: { key: kid, method: 'RSA-OAEP-256' },
          ...attributesOf(does, String(enc), 0),
        })
        if (key.length === does.length) return reply.code(201).send(answered(does, String(enc), key.id))
        await remove(session, key.id)
        throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
      } catch (error) {
        // What was unwrapped and is no such key says no more than what could not be unwrapped.
        if (isMortiseError(error, 'MORTISE_CRYPTO_KEY_INVALID'))
          throw new MortiseError('MORTISE_CRYPTO_DECRYPTION_FAILED')
        throw error
      }
    },
  )

  app.delete(
    '/keys/:kid',
    {
      schema: {
        tags,
        operationId: 'joseDeleteKey',
        summary: 'Revoke a key and destroy it, and the other of its pair',
        params: ofKey,
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params }, reply) => {
      const { id, links } = await session.get(params.kid)
      for (const one of [id, links.publicKey, links.privateKey]) if (one !== null) await remove(session, one)
      const { Link: others = [] } = await session.attributes(id, ['Link'])
      for (const { type, object } of others as readonly { type: string; object: string }[])
        if (type === 'publicKey' || type === 'privateKey') await remove(session, object)
      return reply.code(204).send(null)
    },
  )
}

async function makeKey(session: Session, body: NewKey): Promise<Made> {
  const does = algorithmOf(body)
  const isImport = body.k !== undefined || body.d !== undefined
  if (does.kty === 'oct') {
    const attributes = attributesOf(does, body.alg, 0)
    const { algorithm } = does
    const { id } = isImport
      ? await session.register({ ...attributes, algorithm, format: 'raw', material: secretOf(body, does) })
      : await session.createKey({
          ...attributes,
          algorithm,
          ...(does.length !== undefined && { length: does.length }),
        })
    return answered(does, body.alg, id)
  }
  if (isImport) return importPair(session, body, does)
  const [ofPrivate, ofPublic] = [attributesOf(does, body.alg, 0), attributesOf(does, body.alg, 1)]
  const input: CreateKeyPairInput = {
    algorithm: does.algorithm,
    ...(does.curve !== undefined && { curve: does.curve }),
    ...(does.kty === 'RSA' && body.bits !== undefined && { length: body.bits }),
    privateUsage: ofPrivate.usage,
    publicUsage: ofPublic.usage,
    private: { attributes: ofPrivate.attributes },
    public: { attributes: ofPublic.attributes },
  }
  const { privateKey, publicKey } = await session.createKeyPair(input)
  return answered(does, body.alg, privateKey.id, publicKey.id)
}

/** Both keys of a pair, where the JWK has the public one as well. */
async function importPair(session: Session, body: NewKey, does: JoseAlgorithm): Promise<Made> {
  const { kty, crv, n, e, x, y } = body
  const hasPublic = does.kty === 'RSA' || x !== undefined
  const publicJwk = does.kty === 'RSA' ? { kty, n, e } : { kty, crv, x, y }
  const taken = async (jwk: object, at: 0 | 1, link: readonly object[]) => {
    const { usage, attributes } = attributesOf(does, body.alg, at)
    const material = Buffer.from(JSON.stringify(jwk))
    try {
      const { id } = await session.register({
        format: 'jwk',
        material,
        algorithm: does.algorithm,
        usage,
        attributes: { ...attributes, ...(link.length > 0 && { Link: link as never }) },
      })
      return id
    } finally {
      material.fill(0)
    }
  }
  const { alg: _, bits: __, key_ops: ___, ...jwk } = body
  if (!hasPublic) return answered(does, body.alg, await taken(jwk, 0, []), null)
  const publicKey = await taken(publicJwk, 1, [])
  try {
    const privateKey = await taken(jwk, 0, [{ type: 'publicKey', object: publicKey }])
    await session.addAttribute(publicKey, 'Link', { type: 'privateKey', object: privateKey })
    return answered(does, body.alg, privateKey, publicKey)
  } catch (error) {
    await remove(session, publicKey)
    throw error
  }
}

/** @throws MORTISE_CRYPTO_UNSUPPORTED for what does not go together */
function algorithmOf({ kty, alg, crv, bits, key_ops: operations }: NewKey): JoseAlgorithm {
  const known = Object.hasOwn(joseAlgorithms, alg) ? joseAlgorithms[alg] : undefined
  if (!known) throw unsupported(`alg is one of ${Object.keys(joseAlgorithms).join(', ')}`)
  if (known.kty !== kty || (crv !== undefined && crv !== known.crv))
    throw unsupported(`${alg} goes with ${[known.kty, known.crv].filter(Boolean).join(' ')} keys`)
  if (bits !== undefined && kty !== 'RSA' && bits !== known.length)
    throw unsupported(`the length of a key follows from ${alg}`)
  if (operations === undefined) return known
  if (alg === 'RSA-OAEP-256' && operations.length === 1 && operations[0] === 'unwrapKey') return unwrapping
  if (operations.every((one) => known.operations[0].includes(one))) return known
  throw unsupported(`${alg} keys are for ${known.operations[0].join(', ')}`)
}

function attributesOf({ usage }: JoseAlgorithm, alg: string, at: 0 | 1) {
  return { usage: usage[at] ?? [], attributes: { VendorAttribute: [pin(alg)] } } satisfies NewKeyAttributes
}

function secretOf({ k = '' }: NewKey, { length }: JoseAlgorithm): Buffer {
  const material = decoded(k, 'k')
  if (length === undefined || material.length * 8 === length) return material
  throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', `k must have ${length} bits`)
}

function answered(
  { kty, crv, operations }: JoseAlgorithm,
  alg: string,
  kid: string,
  other?: string | null,
): Made {
  return {
    kid,
    ...(other !== undefined && { kid_public: other }),
    kty,
    alg,
    ...(crv !== undefined && { crv }),
    key_ops: [...operations[0]],
  }
}

async function remove(session: Session, object: string): Promise<void> {
  const { id, state } = await session.get(object)
  if (state.startsWith('Destroyed')) return
  if (state === 'Active') await session.revoke(id, 'CessationOfOperation')
  await session.destroy(id)
}
