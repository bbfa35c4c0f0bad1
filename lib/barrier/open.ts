import { isMortiseError, MortiseError } from '../errors/index.js'
import { type AuditDetail, type Clock, encodeSystemRecord, type RecordRow } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Barrier } from './barrier.js'
import { Keyring, keyringNamespace } from './keyring.js'
import {
  newPassphraseParameters,
  openRootKey,
  type PassphraseParameters,
  type RootKeySource,
} from './root.js'

const passphraseKey = 'passphrase'
const format = 1

/**
 * Opens the barrier of a store, or makes it when the store is new.
 *
 * @throws MORTISE_BARRIER_WRONG_ROOT_KEY when the keyring is wrapped with other root keys than this
 * @throws MORTISE_BARRIER_ROOT_KEY_MISSING, MORTISE_BARRIER_INTEGRITY, MORTISE_CONFIG_INVALID
 */
export async function openBarrier(store: Store, clock: Clock, source: RootKeySource): Promise<Barrier> {
  const fresh = await isFresh(store)
  const parameters = 'passphrase' in source ? await passphraseParameters(store, clock, fresh) : undefined
  const root = await openRootKey(source, fresh, parameters)
  try {
    const record =
      (await store.record(keyringNamespace, root.id)) ??
      ((await isFresh(store))
        ? await create(store, clock, Keyring.create(store.id, root, clock.now()), 'KeyringCreated', {
            root: root.id,
          })
        : // Another process may have made it since the first look.
          await store.record(keyringNamespace, root.id))
    if (!record) {
      throw new MortiseError(
        'MORTISE_BARRIER_WRONG_ROOT_KEY',
        'the root key is not the one that this store is sealed with: give the key that it was made with',
      )
    }
    return new Barrier(store.id, Keyring.open(store.id, root, record))
  } finally {
    root.close()
  }
}

/** Whether nothing was ever sealed in the store. Passphrase parameters alone do not count: a start may have ended there. */
async function isFresh(store: Store): Promise<boolean> {
  const kept = await store.records(keyringNamespace, { limit: 2 })
  return kept.every((record) => record.key === passphraseKey)
}

async function passphraseParameters(
  store: Store,
  clock: Clock,
  fresh: boolean,
): Promise<PassphraseParameters | undefined> {
  const existing = await store.record(keyringNamespace, passphraseKey)
  const record =
    existing ??
    (fresh
      ? await create(
          store,
          clock,
          {
            namespace: keyringNamespace,
            key: passphraseKey,
            version: 1,
            value: Buffer.concat([Buffer.of(format), Buffer.from(JSON.stringify(newPassphraseParameters()))]),
            expires: null,
            index: {},
          },
          'PassphraseParametersCreated',
          {},
        )
      : undefined)
  if (!record) return undefined
  if (record.value[0] !== format) throw new MortiseError('MORTISE_BARRIER_INTEGRITY')
  return JSON.parse(Buffer.from(record.value.subarray(1)).toString('utf8'))
}

/** Writes a record, or returns the one that another process wrote first. */
async function create(
  store: Store,
  clock: Clock,
  row: RecordRow,
  operation: string,
  detail: AuditDetail,
): Promise<RecordRow> {
  const audit = encodeSystemRecord(clock.now(), operation, detail)
  try {
    await store.apply({ records: [{ row }], audit, durability: 'synced' })
    return row
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
    const other = await store.record(row.namespace, row.key)
    if (!other) throw error
    return other
  }
}
