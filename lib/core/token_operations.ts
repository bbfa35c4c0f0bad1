import { isMortiseError, MortiseError } from '../errors/index.js'
import { Pkcs11Provider, type TokenHealth } from '../hsm/index.js'
import type { SystemOperation } from '../operation/index.js'
import type { Services } from './services.js'

/** How a token does, now that it was asked. */
export interface TokenTest {
  readonly name: string
  /** Path of the PKCS#11 module. */
  readonly module: string
  /** Whether a session could be opened and used. */
  readonly up: boolean
  /** Milliseconds of opening a session, asking it for random bytes, and closing it; null where that failed. */
  readonly milliseconds: number | null
  /** Code of what went wrong; null where nothing did. */
  readonly code: string | null
  /** What went wrong; empty where nothing did. */
  readonly reason: string
  /** `ready`, `degraded`, `down` and so on; null where the token was never opened. */
  readonly state: string | null
  readonly label: string | null
  readonly serial: string | null
  readonly model: string | null
  readonly slot: number | null
  readonly sessions: number
  readonly queued: number
  /** Threads that a call to the module does not come back to. */
  readonly stuck: number
}

/** A key on a token, and its object where it has one. */
export interface TokenKeyInfo {
  /** CKA_ID, hexadecimal. */
  readonly id: string
  readonly label: string
  readonly kind: 'secret' | 'private' | 'public'
  readonly type: string
  /** Bits; 0 where the token does not say. */
  readonly bits: number
  /** Id of the object; null for a key that nobody has adopted. */
  readonly object: string | null
}

/** More than so many keys of a token are not listed. */
const mostKeys = 10_000

/** Opens a session on every token that is configured, and says how they do. */
export const testTokens: SystemOperation<Services, object, readonly TokenTest[]> = {
  name: 'TestTokens',
  permission: 'BarrierManage',
  durability: 'written',
  async prepare({ providers }) {
    const tests = await Promise.all(tokensAmong(providers).map(tested))
    return { answer: tests, detail: { up: tests.filter(({ up }) => up).length, tokens: tests.length } }
  },
}

/** The keys on a token, those that are managed and those that are not. */
export const listTokenKeys: SystemOperation<Services, { readonly token: string }, readonly TokenKeyInfo[]> = {
  name: 'ListTokenKeys',
  permission: 'BarrierManage',
  durability: 'written',
  async prepare({ providers, addresses }, _actor, { token }) {
    const provider = tokensAmong(providers).find(({ name }) => name === token)
    if (!provider)
      throw new MortiseError('MORTISE_INPUT_INVALID', `no token ${JSON.stringify(token)} is configured`)
    const found: TokenKeyInfo[] = []
    for (const { facts } of await provider.find({ limit: mostKeys })) {
      const { id, label, kind, type, bits } = facts
      const object = await addresses.objectOf(provider, kind, id)
      const hex = Buffer.from(id).toString('hex')
      found.push({ id: hex, label, kind, type, bits, object: object?.id ?? null })
    }
    return { answer: found, detail: { token, keys: found.length } }
  },
}

function tokensAmong(providers: Services['providers']): Pkcs11Provider[] {
  return providers.filter((one) => one instanceof Pkcs11Provider)
}

async function tested(provider: Pkcs11Provider): Promise<TokenTest> {
  try {
    const { milliseconds } = await provider.test()
    return { ...told(provider.health()), up: true, milliseconds, code: null, reason: '' }
  } catch (error) {
    const code = isMortiseError(error) ? error.code : 'MORTISE_INTERNAL'
    return {
      ...told(provider.health()),
      ...{ up: false, milliseconds: null, code },
      reason: error instanceof Error ? error.message : String(error),
    }
  }
}

function told({ name, module, status, slot, token }: TokenHealth) {
  const { state = null, sessions = 0, queued = 0, stuck = 0 } = status ?? {}
  const { label = null, serial = null, model = null } = token ?? {}
  return { name, module, state, label, serial, model, slot: slot ?? null, sessions, queued, stuck }
}
