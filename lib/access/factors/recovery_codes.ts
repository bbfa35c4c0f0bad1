import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../../barrier/index.js'
import type { RecordWrite } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'
import { base32 } from './base32.js'

/** Key: principal id. */
const namespace = 'recovery-codes'
const codesOfPrincipal = 10
/** 80 bits: 16 characters. */
const codeBytes = 10

interface StoredCodes {
  /** SHA-256 of each code that was not used, base64: 80 random bits need no slow hash. */
  readonly digests: readonly string[]
}

/** What lets somebody in who has lost the other factors: each code once. */
export class RecoveryCodes {
  readonly #barrier: Barrier
  readonly #records: RecordReader<StoredCodes>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** How many are left. */
  async left(principal: string): Promise<number> {
    return (await this.#records.read(principal))?.value.digests.length ?? 0
  }

  /** New ones in place of all that there were: their texts, which are kept nowhere, and the row that keeps their digests. */
  async renew(principal: string): Promise<{ codes: string[]; row: RecordWrite }> {
    const codes = Array.from({ length: codesOfPrincipal }, newCode)
    const before = await this.#records.read(principal)
    return { codes, row: this.#write(principal, before, codes.map(digest)) }
  }

  /** The row that uses a code up; undefined for one that is none. Takes as long whichever it is. */
  async use(principal: string, code: string): Promise<RecordWrite | undefined> {
    const stored = await this.#records.read(principal)
    const given = Buffer.from(digest(code))
    const digests = stored?.value.digests ?? []
    const left = digests.filter((one) => !timingSafeEqual(Buffer.from(one), given))
    return left.length < digests.length ? this.#write(principal, stored, left) : undefined
  }

  /** The rows that end all of them. */
  async removeAll(principal: string): Promise<RecordWrite[]> {
    const stored = await this.#records.read(principal)
    return stored ? [{ remove: { namespace, key: principal, version: stored.version } }] : []
  }

  #write(principal: string, before: Stored<StoredCodes> | undefined, digests: readonly string[]) {
    const version = (before?.version ?? 0) + 1
    const identity = { namespace, key: principal, version, expires: null, index: {} }
    return writeRecord(this.#barrier, identity, { digests } satisfies StoredCodes)
  }
}

function newCode(): string {
  return base32(randomBytes(codeBytes)).replace(/(.{4})(?=.)/g, '$1-')
}

/** Of the code as it was meant: people leave out hyphens and type small letters. */
function digest(code: string): string {
  return hash('sha256', code.replace(/[^A-Za-z0-9]/g, '').toUpperCase(), 'base64')
}
