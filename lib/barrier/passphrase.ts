import { isMortiseError, MortiseError } from '../errors/index.js'
import { type AuditDetail, type Clock, encodeSystemRecord, type RecordRow } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { keyringNamespace } from './keyring.js'
import { newPassphraseParameters, type PassphraseParameters } from './root.js'

/** Where the records of the keyring keep what a passphrase is stretched with. */
export const passphraseKey = 'passphrase'
const format = 1

/** @param make whether to make them where there are none */
export async function passphraseParameters(
  store: Store,
  clock: Clock,
  make: boolean,
): Promise<PassphraseParameters | undefined> {
  const record =
    (await store.record(keyringNamespace, passphraseKey)) ?? (make ? await makeThem(store, clock) : undefined)
  if (!record) return undefined
  if (record.value[0] !== format) throw new MortiseError('MORTISE_BARRIER_INTEGRITY')
  return JSON.parse(Buffer.from(record.value.subarray(1)).toString('utf8'))
}

function makeThem(store: Store, clock: Clock): Promise<RecordRow> {
  const row = {
    namespace: keyringNamespace,
    key: passphraseKey,
    version: 1,
    value: Buffer.concat([Buffer.of(format), Buffer.from(JSON.stringify(newPassphraseParameters()))]),
    expires: null,
    index: {},
  }
  return createRecord(store, clock, row, 'PassphraseParametersCreated', {})
}

/** Writes a record, or returns the one that another process wrote first. */
export async function createRecord(
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
