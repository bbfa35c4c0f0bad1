import type { AttributeValue, Session } from '../../../core/index.js'
import { MortiseError } from '../../../errors/index.js'
import { impliedAlgorithm, type JoseAlgorithm, joseAlgorithms } from './algorithms.js'

/** The vendor attribute that says what a key does in JOSE: set when it is made or, for a key from elsewhere, by whoever may change it. */
export const pin = (alg: string) => ({ vendor: 'jose', name: 'alg', type: 'text', value: alg })

export interface JoseKey {
  readonly id: string
  readonly type: string
  readonly alg: string
  readonly does: JoseAlgorithm
  /** The other key of the pair, where there is one. */
  readonly publicKey: string | undefined
  readonly privateKey: string | undefined
}

/** @throws MORTISE_KEY_NOT_FOUND, MORTISE_CRYPTO_UNSUPPORTED for a key that has no one algorithm of JOSE */
export async function joseKey(session: Session, kid: string): Promise<JoseKey> {
  const { id, attributes } = await session.getAttributes(kid, [
    'ObjectType',
    'CryptographicAlgorithm',
    'CryptographicLength',
    'CryptographicDomainParameters',
    'Link',
    'VendorAttribute',
  ])
  const pinned = listed(attributes.VendorAttribute).find(
    ({ vendor, name }) => vendor === 'jose' && name === 'alg',
  )
  const alg =
    pinned === undefined
      ? impliedAlgorithm(
          String(attributes.CryptographicAlgorithm),
          Number(attributes.CryptographicLength),
          (attributes.CryptographicDomainParameters as { curve?: string } | undefined)?.curve,
        )
      : String(pinned['value'])
  const does = alg !== undefined && Object.hasOwn(joseAlgorithms, alg) ? joseAlgorithms[alg] : undefined
  if (alg === undefined || !does)
    throw unsupported(
      'the key has no one algorithm of JOSE: give it the vendor attribute alg of the vendor jose',
    )
  const linked = (type: string) => {
    const link = listed(attributes.Link).find((one) => one['type'] === type)
    return link && String(link['object'])
  }
  return {
    id,
    type: String(attributes.ObjectType),
    alg,
    does,
    publicKey: linked('publicKey'),
    privateKey: linked('privateKey'),
  }
}

/** The key that a message names, which must be for just what the message says. @throws MORTISE_CRYPTO_UNSUPPORTED */
export async function keyFor(session: Session, kid: string, alg: string): Promise<JoseKey> {
  const key = await joseKey(session, kid)
  if (key.alg === alg) return key
  throw unsupported(`the key does ${key.alg} and nothing else`)
}

export function unsupported(message: string): MortiseError {
  return new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', message)
}

function listed(value: AttributeValue | readonly AttributeValue[] | undefined) {
  return (Array.isArray(value) ? value : []) as readonly Readonly<Record<string, unknown>>[]
}
