import { MortiseError } from '../errors/index.js'
import type { FindWrapper } from '../hsm/index.js'
import type { Clock, RecordRow } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Barrier } from './barrier.js'
import { Keyring, keyringNamespace } from './keyring.js'
import { createRecord, passphraseKey, passphraseParameters } from './passphrase.js'
import { openRootKey, type RootKey, type RootKeySource } from './root.js'
import { isRootOnToken, noTokens, openRootOnToken } from './root_on_token.js'
import { Wrappings, wrappingRow } from './wrappings.js'

/**
 * Opens the barrier of a store, or makes it when the store is new.
 *
 * @param findWrapper where a root key is that a token wraps
 * @throws MORTISE_BARRIER_WRONG_ROOT_KEY when the keyring is wrapped with other root keys than this
 * @throws MORTISE_BARRIER_ROOT_KEY_MISSING, MORTISE_BARRIER_INTEGRITY, MORTISE_CONFIG_INVALID, and those of a token
 */
export async function openBarrier(
  store: Store,
  clock: Clock,
  source: RootKeySource,
  findWrapper: FindWrapper = noTokens,
): Promise<Barrier> {
  const fresh = await isFresh(store)
  const root = await rootOf(store, clock, source, findWrapper, fresh)
  try {
    const record =
      (await store.record(keyringNamespace, root.id)) ??
      ((await isFresh(store))
        ? await create(store, clock, root)
        : // Another process may have made it since the first look.
          await store.record(keyringNamespace, root.id))
    if (!record) {
      throw new MortiseError(
        'MORTISE_BARRIER_WRONG_ROOT_KEY',
        'the root key is not the one that this store is sealed with: give the key that it was made with',
      )
    }
    const keyring = Keyring.open(store.id, root, record.value)
    return new Barrier(store.id, keyring, new Wrappings(store, clock, source, findWrapper))
  } finally {
    root.close()
  }
}

async function rootOf(
  store: Store,
  clock: Clock,
  source: RootKeySource,
  findWrapper: FindWrapper,
  fresh: boolean,
): Promise<RootKey> {
  if ('hsm' in source) return openRootOnToken(store, clock, await findWrapper(source.hsm, fresh), fresh)
  const parameters = 'passphrase' in source ? await passphraseParameters(store, clock, fresh) : undefined
  return openRootKey(source, fresh, parameters)
}

/** Whether nothing was ever sealed in the store. What a root key is made of does not count alone: a start may have ended there. */
async function isFresh(store: Store): Promise<boolean> {
  const kept = await store.records(keyringNamespace, { limit: 1000 })
  return kept.every(({ key }) => key === passphraseKey || isRootOnToken(key))
}

async function create(store: Store, clock: Clock, root: RootKey): Promise<RecordRow> {
  const keyring = Keyring.create(clock.now())
  try {
    const row = wrappingRow(store.id, root, keyring, 1)
    return await createRecord(store, clock, row, 'KeyringCreated', { root: root.id })
  } finally {
    keyring.close()
  }
}
