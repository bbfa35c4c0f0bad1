import { isMortiseError, MortiseError } from '../../errors/index.js'
import {
  importKeymanagerKeys,
  type KeyName,
  layerOf,
  type NotMoved,
  readMosipKeys,
  rootName,
  setKeymanagerPolicy,
} from '../../keymanager/index.js'
import type { Services } from '../services.js'
import type { Runner } from './due_keys.js'

/** What a MOSIP Keymanager leaves behind. */
export interface MosipInput {
  /** Of its database, as text by pg_dump. */
  readonly dump: string
  /** PKCS#12, with ROOT and the keys of applications. */
  readonly keystore: Uint8Array
  readonly password: string
}

/** What became of it. */
export interface MosipReport {
  /** Keys that were taken in. */
  readonly moved: readonly (KeyName & { readonly keyId: string })[]
  /** How many were here already. */
  readonly present: number
  /** Applications that were made by their policies. */
  readonly policies: readonly string[]
  /** Rows that are not here, and why not. */
  readonly notMoved: readonly NotMoved[]
}

/**
 * Moves in from a MOSIP Keymanager: a name at a time, whole or not at all. Run again it takes in what is not here yet.
 *
 * @param admit lets whoever is to use the keys use ROOT, and so what comes below it
 * @throws MORTISE_KEYMANAGER_KEY_MISSING where ROOT is neither here nor there, and what reading throws
 */
export async function moveFromMosip(
  { rings, keymanagerPolicies }: Services,
  session: Runner,
  { dump, keystore, password }: MosipInput,
  admit: () => Promise<void>,
): Promise<MosipReport> {
  const secret = Buffer.from(password)
  const found = await readMosipKeys(dump, keystore, secret).finally(() => secret.fill(0))
  const moved: (KeyName & { readonly keyId: string })[] = []
  const notMoved = [...found.notMoved]
  let present = 0
  const move = async ({ application, reference, versions }: (typeof found.keys)[number]) => {
    const name = { application, reference }
    try {
      const keys = await session.run(importKeymanagerKeys, { ...name, versions })
      moved.push(...keys.map(({ keyId }) => ({ ...name, keyId })))
      present += versions.length - keys.length
    } catch (error) {
      if (!isMortiseError(error) || !ofTheKey.test(error.code)) throw error
      notMoved.push(...versions.map(({ row }) => ({ row, why: error.message })))
    }
  }
  try {
    const roots = found.keys.filter((key) => layerOf(key) === 'root')
    for (const key of roots) await move(key)
    if ((await rings.get(rootName)).versions.length === 0)
      throw new MortiseError(
        'MORTISE_KEYMANAGER_KEY_MISSING',
        'ROOT is neither here nor in the dump with its keystore: run `mortise keymanager init` first',
        { details: { missing: 'ROOT' } },
      )
    await admit()
    for (const key of found.keys) if (!roots.includes(key)) await move(key)
  } finally {
    found.wipe()
  }
  const policies: string[] = []
  for (const { application, ...policy } of found.policies) {
    if (await keymanagerPolicies.get(application)) continue
    await session.run(setKeymanagerPolicy, { application, ...policy })
    policies.push(application)
  }
  return { moved, present, policies, notMoved }
}

/** Errors that say something of the key; others end the move. */
const ofTheKey = /^MORTISE_(KEYMANAGER|X509|CRYPTO)_/
