import { isMortiseError, MortiseError } from '../errors/index.js'
import type { FindWrapper, TokenWrapper } from '../hsm/index.js'
import { native } from '../native/index.js'
import type { Clock, RecordRow } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { canonical } from './canonical.js'
import { keyringNamespace } from './keyring.js'
import { createRecord } from './passphrase.js'
import { RootKey } from './root.js'

const format = 1
const prefix = 'token '

/** Whether a record of the keyring's namespace keeps a root key that a token has wrapped. */
export function isRootOnToken(key: string): boolean {
  return key.startsWith(prefix)
}

/** Where a root key is kept that a key of a token wraps. */
export function rootOnTokenKey({ id }: Pick<TokenWrapper, 'id'>): string {
  return `${prefix}${id}`
}

/** Where there are no tokens. */
export const noTokens: FindWrapper = async () => {
  throw new MortiseError('MORTISE_CONFIG_INVALID', 'the root key is on a token, and none is configured')
}

/**
 * The root key that a key of a token has wrapped.
 *
 * @param make whether to make it, and the key that wraps it, where it is not there
 * @throws MORTISE_BARRIER_WRONG_ROOT_KEY, MORTISE_BARRIER_ROOT_KEY_MISSING, and those of the pool
 */
export async function openRootOnToken(
  store: Store,
  clock: Clock,
  wrapper: TokenWrapper,
  make: boolean,
): Promise<RootKey> {
  const key = rootOnTokenKey(wrapper)
  const kept = await store.record(keyringNamespace, key)
  if (!kept && !make)
    throw new MortiseError(
      'MORTISE_BARRIER_WRONG_ROOT_KEY',
      'the store is sealed with no root key that this key of the token wraps: give the right one',
    )
  const record = kept ?? (await makeRoot(store, clock, wrapper))
  try {
    return new RootKey(await wrapper.unwrap(record.value.subarray(1), contextOf(store, key)))
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED')) throw error
    throw new MortiseError(
      'MORTISE_BARRIER_WRONG_ROOT_KEY',
      'the token does not unwrap the root key of this store: it has another key of the same id, or the record was changed',
      { cause: error },
    )
  }
}

async function makeRoot(store: Store, clock: Clock, wrapper: TokenWrapper): Promise<RecordRow> {
  const key = rootOnTokenKey(wrapper)
  const root = native.generateSecret('HMAC', 256)
  try {
    const wrapped = await wrapper.wrap(root, contextOf(store, key))
    const value = Buffer.concat([Buffer.of(format), wrapped])
    const row = { namespace: keyringNamespace, key, version: 1, value, expires: null, index: {} }
    return await createRecord(store, clock, row, 'RootKeyWrapped', { token: wrapper.id })
  } finally {
    root.dispose()
  }
}

function contextOf(store: Store, key: string): Buffer {
  return canonical([store.id, 'root key', key])
}
