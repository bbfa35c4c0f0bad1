import {
  admit,
  hashes,
  type Judged,
  judgedDerivation,
  judgedKey,
  keySpec,
  leastIterations,
  uses,
} from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { reservedInfo } from '../../hsm/index.js'
import type { Hash, KdfMethod } from '../../native/index.js'
import type { AlsoOn, ManagedObject, ObjectType, SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { protectStates } from '../lifecycle.js'
import { type NewKeyAttributes, newRow, traitsOf } from '../make.js'
import { takenBack } from '../on_token.js'
import { changedRow, managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'

const bases: readonly ObjectType[] = ['SymmetricKey', 'SecretData', 'PrivateKey']

/** What PBKDF2 is done with: SP 800-132 section 5.2 asks for 1,000 at least; more than the most would only keep a thread busy. */
const iterations = { least: 1, usual: 600_000, most: 10_000_000 } as const

export interface DeriveKeyInput extends NewKeyAttributes {
  /**
   * Id or name of what is derived from: a symmetric key or secret data (a password, say) with the usage DeriveKey, or, with a
   * peer, a private key of EC, X25519 or X448 with KeyAgreement.
   */
  readonly base: string
  /** Of the derived key: that of a symmetric one. */
  readonly algorithm: string
  /** Bits. Default: as of keys that are made. */
  readonly length?: number
  /** Default `HKDF`, which is what an agreed secret is derived with. */
  readonly method?: KdfMethod
  /** Default SHA-256. */
  readonly hash?: Hash
  /** Of HKDF and PBKDF2; at most 1,024 bytes, like the two below. */
  readonly salt?: Uint8Array
  /** HKDF's info, which does not begin with `mortise `; what HMAC is of, or is encrypted; the label of SP 800-108. */
  readonly info?: Uint8Array
  /** Of the modes of SP 800-108. */
  readonly context?: Uint8Array
  /** Of PBKDF2: 1,000 to 10,000,000, and from 1 on under the policy `compatible`. Default 600,000. */
  readonly iterations?: number
  /** Of encryption (`Encrypted`), with an AES or 3DES key whose `Encrypt` one has: how. Its IV may have been used before. */
  readonly cipher?: DerivationCipher
  /** Public key of the peer to agree with (ECDH, X25519, X448): SPKI as DER or PEM, or JWK. */
  readonly peer?: Uint8Array
}

export interface DerivationCipher {
  readonly mode: 'CBC' | 'CTR' | 'ECB'
  /** Of CBC and ECB. Default `none`. */
  readonly padding?: 'PKCS7' | 'none'
  /** Of CBC and CTR: a block. */
  readonly iv?: Uint8Array
}

/**
 * Makes a symmetric key out of another key: by HKDF (RFC 5869), PBKDF2 (RFC 8018), HMAC in counter mode (SP 800-108), or out of
 * a secret agreed with a peer (SP 800-56A; RFC 7748) by HKDF. Its bytes never leave the native core. KMIP 2.1 section 6.1.14.
 */
export const deriveKey: SystemOperation<KeyServices, DeriveKeyInput, ObjectInfo> = {
  name: 'DeriveKey',
  permission: 'Create',
  durability: 'synced',
  alsoOn: (input) => [derivesFrom(input)],
  async prepare(services, actor, input, [base] = []) {
    if (!base) throw new MortiseError('MORTISE_INTERNAL')
    const { spec, derivation, detail } = deriving(services, base, input)
    refuseReserved(derivation.method, input.info)
    const id = newId()
    const identity = { id, type: 'SymmetricKey', serial: 1 } as const
    const provider = services.provider(base.provider)
    const traits = traitsOf(identity.type, spec, input, provider.name)
    const material = await provider.deriveKey(base, derivation, spec, identity, traits)
    const row = newRow(
      services,
      {
        ...{ ...identity, spec, material, provider: provider.name, owner: actor },
        links: { derivationBase: base.id },
      },
      input,
    )
    return {
      ...takenBack(provider, [row]),
      answer: objectInfo(managed(row)),
      rows: { objects: [linked(services, base, id), { row }] },
      object: id,
      detail,
    }
  },
}

/** What is asked of a key to derive others from. */
export function derivesFrom({
  base,
  peer,
  method,
}: Pick<DeriveKeyInput, 'base' | 'peer' | 'method'>): AlsoOn<Pick<DeriveKeyInput, 'base' | 'peer'>> {
  return {
    target: { object: base },
    // What is derived by encryption is a ciphertext: with one of one's choice the keys of records could be had.
    permission: method === 'Encrypted' ? () => ['DeriveKey', 'Encrypt'] : 'DeriveKey',
    states: protectStates,
    purposes: ['general'],
    usage: peer === undefined ? 'DeriveKey' : 'KeyAgreement',
  }
}

/** How it is derived, once all that was said goes together. */
export function deriving(services: KeyServices, base: ManagedObject, input: DeriveKeyInput) {
  const spec = keySpec(input.algorithm, input.length)
  if (spec.algorithm.kind !== 'secret') {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'only symmetric keys are derived')
  }
  if (!bases.includes(base.type)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `nothing is derived from an object of the type ${base.type}`,
    )
  }
  const { method = 'HKDF', hash = 'SHA-256', peer } = input
  const agrees = method === 'HKDF' || method === 'Agreed'
  if ((peer === undefined) !== (base.type !== 'PrivateKey') || (peer ? !agrees : method === 'Agreed')) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a private key derives by HKDF with the public key of a peer, and no other key has a peer',
    )
  }
  const derived = [judgedKey(spec.algorithm.name, spec.length, undefined), ...judgedInput(input)]
  const mark =
    base.type === 'SecretData'
      ? admit(services.policy, 'protect', ...derived)
      : judge(services, 'protect', base, ...derived)
  return {
    spec,
    derivation: { method, hash, inputs: inputsOf(input, method), ...(peer && { peer }) },
    detail: { base: base.id, method, hash, algorithm: spec.algorithm.name, length: spec.length, ...mark },
  }
}

/** What SP 800-108, SP 800-132 and SP 800-56C do not approve of. */
function judgedInput({ method = 'HKDF', hash = 'SHA-256', iterations: count }: DeriveKeyInput): Judged[] {
  return [
    ...judgedDerivation(method),
    ...(method === 'Agreed' || method === 'Encrypted' ? [] : [hashNamed(hash)]),
    ...(count !== undefined && count >= iterations.least && count < leastIterations
      ? [uses.shortPbkdf2]
      : []),
  ]
}

function hashNamed(name: Hash): Judged {
  if (Object.hasOwn(hashes, name)) return hashes[name]
  throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', `there is no hash ${JSON.stringify(name)}`)
}

/** The base key, which links to the key that was last derived from it. */
export function linked({ barrier }: KeyServices, base: ManagedObject, derivedKey: string) {
  return { row: changedRow(barrier, base, { values: { links: { ...base.values.links, derivedKey } } }) }
}

export function refuseReserved(method: KdfMethod, info: Uint8Array | undefined): void {
  if (method !== 'HKDF' || !info || !Buffer.from(info).toString('latin1').startsWith(reservedInfo)) return
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `keys that are derived with an info of ${JSON.stringify(reservedInfo)}... are Mortise’s own`,
  )
}

function inputsOf({ salt, info, context, iterations: asked, cipher }: DeriveKeyInput, method: KdfMethod) {
  if (method !== 'PBKDF2' && asked !== undefined) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `${method} has no iterations`)
  }
  const count = asked ?? iterations.usual
  if (!Number.isInteger(count) || count < iterations.least || count > iterations.most) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `PBKDF2 is done with ${iterations.least} to ${iterations.most} iterations`,
    )
  }
  const is108 = method.startsWith('SP800-108')
  if ((!takesInfo(method) && info) || (!is108 && context)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `${method} does not take all of these inputs`)
  }
  if (method !== 'HKDF' && method !== 'PBKDF2' && salt) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `${method} takes no salt`)
  }
  if ((method === 'Encrypted') !== (cipher !== undefined)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'derivation by encryption needs a cipher, and no other takes one',
    )
  }
  return {
    ...(salt && { salt }),
    ...(info && { info }),
    ...(context && { context }),
    ...(method === 'PBKDF2' && { iterations: count }),
    ...(cipher && {
      mode: cipher.mode,
      padded: cipher.padding === 'PKCS7',
      ...(cipher.iv && { iv: cipher.iv }),
    }),
  }
}

function takesInfo(method: KdfMethod): boolean {
  return method === 'HKDF' || method === 'HMAC' || method === 'Encrypted' || method.startsWith('SP800-108')
}
