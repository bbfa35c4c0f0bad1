import { keySpec } from '../../crypto/index.js'
import { AlreadyDone, type SystemOperation } from '../../operation/index.js'
import { destroyedRow } from '../destroyed_row.js'
import { judge } from '../judge.js'
import { removalsFromTokens, takenBack } from '../on_token.js'
import { newPair } from '../pair.js'
import type { KeyServices } from '../services.js'
import { signsBy, type TokenKeyAlgorithm, tokenKeyKinds, tokenKeyOverlap } from '../token_keys.js'

export interface RenewTokenKeyInput {
  /** Whether only where none signs, or it has done so for 90 days. Default false. */
  readonly whenDue?: boolean
  /** Default RS256. */
  readonly algorithm?: TokenKeyAlgorithm
}

export interface RenewedTokenKey {
  /** Its `kid` (RFC 7517 section 4.5). */
  readonly kid: string
}

/**
 * Another key (RSA with 2048 bits, P-256 or Ed25519) signs access tokens. The private key of the one before is destroyed; its public key is published until no
 * token can be good that it has signed. Their purpose keeps every other operation away, whoever asks: nobody signs a token by a general
 * sign.
 */
export const renewTokenKey: SystemOperation<KeyServices, RenewTokenKeyInput, RenewedTokenKey> = {
  name: 'RenewTokenKey',
  permission: 'TokenManage',
  durability: 'synced',
  async prepare(services, actor, { whenDue = false, algorithm = 'RS256' }) {
    const { clock, objects, keyProvider, tokenKeys } = services
    if (whenDue && (await tokenKeys.signing(algorithm))) throw new AlreadyDone()
    const before = await tokenKeys.read()
    const now = clock.now()
    const all = before?.value.keys ?? []
    const others = all.filter((one) => signsBy(one) !== algorithm)
    const past = all
      .filter((one) => signsBy(one) === algorithm)
      .map((one) => ({ ...one, until: one.until ?? now + tokenKeyOverlap }))
    const published = past.filter(({ until }) => now < until)
    const gone = await Promise.all(
      past.flatMap(({ privateKey, publicKey, until }) =>
        [privateKey, ...(now < until ? [] : [publicKey])].map((id) => objects.byId(id)),
      ),
    )
    const destroyed = gone.filter((one) => one !== undefined).filter(({ material }) => material !== null)
    const kind: { algorithm: string; length?: number; curve?: string } = tokenKeyKinds[algorithm]
    const spec = keySpec(kind.algorithm, kind.length, kind.curve)
    const mark = judge(services, 'protect', spec)
    const pair = await newPair(
      services,
      { spec, owner: { id: actor.id }, purpose: 'token', provider: keyProvider },
      { usage: ['Sign'] },
      { usage: ['Verify'] },
    )
    const [{ id: privateKey }, { id: publicKey }] = pair
    const keys = [{ privateKey, publicKey, algorithm, since: now, until: null }, ...published, ...others]
    return {
      answer: { kid: publicKey },
      object: privateKey,
      rows: {
        objects: [...pair.map((row) => ({ row })), ...destroyed.map((one) => destroyedRow(services, one))],
        records: [
          tokenKeys.write(keys, (before?.version ?? 0) + 1),
          ...removalsFromTokens(services, destroyed, actor.id),
        ],
      },
      detail: { kid: publicKey, algorithm, ...mark },
      ...takenBack(services.provider(keyProvider), pair),
    }
  },
}
