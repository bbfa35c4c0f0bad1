import { MortiseError } from '../../errors/index.js'
import type { Applied, Change, Clock, GrantRow, ObjectRow, RecordRow } from '../../operation/index.js'
import type {
  AuditRow,
  FollowedRow,
  Notices,
  ObjectQuery,
  RecordQuery,
  Store,
  StoreCopy,
  StoredHead,
  StoreHealth,
  Tables,
} from '../store.js'
import { copyStore } from './copy.js'
import type { DatabaseThread } from './database_thread.js'
import { GroupCommit } from './group_commit.js'
import { IntegrityCheck } from './integrity.js'
import type { Opened } from './protocol.js'
import type { RecordFilter } from './reader.js'
import {
  auditRow,
  chainHead,
  followedRow,
  grantColumns,
  grantRow,
  notice,
  objectColumns,
  objectRow,
  parse,
  type Row,
  recordColumns,
  recordRow,
} from './rows.js'

const rowOf: { readonly [Table in keyof Tables]: (row: Row) => Tables[Table] } = {
  objects: objectRow,
  grants: grantRow,
  records: recordRow,
}
const columnsOf = { objects: objectColumns, grants: grantColumns, records: recordColumns }

/** The port's face of the database's thread. */
export class SqliteStore implements Store {
  readonly id: string
  readonly #directory: string
  readonly #chain: string
  readonly #clock: Clock
  readonly #thread: DatabaseThread
  readonly #check: IntegrityCheck | undefined
  readonly #group: GroupCommit
  #closing: Promise<void> | undefined

  constructor(thread: DatabaseThread, directory: string, opened: Opened, clock: Clock) {
    this.id = opened.id
    this.#directory = directory
    this.#chain = opened.chain
    this.#clock = clock
    this.#thread = thread
    this.#check = opened.unchecked ? new IntegrityCheck(directory) : undefined
    this.#group = new GroupCommit((tape) => thread.call('apply', tape, clock.now()))
  }

  async objects(ids: readonly string[]): Promise<ObjectRow[]> {
    return (await this.#open.call('objects', ids)).map(objectRow)
  }

  async objectNamed(domain: string, name: string): Promise<ObjectRow | undefined> {
    const row = await this.#open.call('objectNamed', domain, name)
    return row && objectRow(row)
  }

  async family(family: string): Promise<ObjectRow[]> {
    return (await this.#open.call('family', family)).map(objectRow)
  }

  async locate(query: ObjectQuery): Promise<ObjectRow[]> {
    return (await this.#open.call('locate', query)).map(objectRow)
  }

  async grants(object: string): Promise<GrantRow[]> {
    return (await this.#open.call('grants', object)).map(grantRow)
  }

  async hasGrants({ granteeKind, grantee }: Pick<GrantRow, 'granteeKind' | 'grantee'>): Promise<boolean> {
    return this.#open.call('hasGrants', granteeKind, grantee)
  }

  async epoch(): Promise<number> {
    return this.#open.call('epoch')
  }

  async record(namespace: string, key: string): Promise<RecordRow | undefined> {
    const row = await this.#open.call('record', namespace, key, this.#clock.now())
    return row && recordRow(row)
  }

  async records(namespace: string, filter: RecordFilter): Promise<RecordRow[]> {
    return (await this.#open.call('records', namespace, filter, this.#clock.now())).map(recordRow)
  }

  async findRecords(namespace: string, query: RecordQuery): Promise<{ rows: RecordRow[]; total: number }> {
    const { rows, total } = await this.#open.call('findRecords', namespace, query, this.#clock.now())
    return { rows: rows.map(recordRow), total }
  }

  async scan<Table extends keyof Tables>(
    table: Table,
    limit: number,
    after?: string,
  ): Promise<{ rows: Tables[Table][]; next: string | null }> {
    const from = after === undefined ? null : parse<Row>(after)
    const rows = await this.#open.call('scan', table, limit, from, this.#clock.now())
    const last = rows.length < limit ? undefined : rows.at(-1)
    return {
      rows: rows.map(rowOf[table]),
      next: last ? JSON.stringify(last.slice(columnsOf[table].length)) : null,
    }
  }

  async apply(change: Change): Promise<Applied> {
    if (this.#closing) throw closed()
    if (this.#check?.damage) throw this.#check.damage
    return { chain: this.#chain, sequence: await this.#group.add(change) }
  }

  async notices(after: number): Promise<Notices> {
    const { sequence, epoch, notices } = await this.#open.call('notices', after)
    return { sequence, epoch, notices: notices?.map(notice) ?? null }
  }

  async chainHeads(): Promise<StoredHead[]> {
    return (await this.#open.call('chainHeads')).map(chainHead)
  }

  async auditChain(chain: string, from: number, limit: number): Promise<AuditRow[]> {
    return (await this.#open.call('auditChain', chain, from, limit)).map(auditRow)
  }

  async auditTail(
    limit: number,
    before = Number.MAX_SAFE_INTEGER,
  ): Promise<{ rows: AuditRow[]; cursor: number }> {
    const rows = await this.#open.call('auditTail', limit, before)
    const cursor = rows.at(-1)?.[0] as number | undefined
    return { rows: rows.map(([, ...row]) => auditRow(row)), cursor: cursor ?? 0 }
  }

  async auditAfter(after: number, limit: number): Promise<{ rows: FollowedRow[]; cursor: number }> {
    const rows = await this.#open.call('auditAfter', after, limit)
    const cursor = rows.at(-1)?.[0] as number | undefined
    return { rows: rows.map(([, ...row]) => followedRow(row)), cursor: cursor ?? after }
  }

  async hold(name: string): Promise<boolean> {
    return this.#open.call('hold', name)
  }

  async letGo(name: string): Promise<void> {
    await this.#open.call('letGo', name)
  }

  async copy(): Promise<StoreCopy> {
    if (this.#closing) throw closed()
    return copyStore(this.#directory)
  }

  async faults(): Promise<readonly string[]> {
    return this.#open.call('faults')
  }

  async health(): Promise<StoreHealth> {
    try {
      const health = await this.#open.call('health')
      const message = health.message ?? this.#check?.message
      return { ...health, up: health.up && !this.#check?.damage, ...(message !== undefined && { message }) }
    } catch (error) {
      if (this.#closing) throw error
      return { name: 'sqlite', up: false, message: (error as MortiseError).message }
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#group.flush()
    try {
      if (!this.#thread.ended) await this.#thread.call('close')
    } finally {
      await this.#thread.terminate()
      await this.#check?.stop()
    }
  }

  get #open(): DatabaseThread {
    if (this.#closing) throw closed()
    return this.#thread
  }
}

function closed(): MortiseError {
  return new MortiseError('MORTISE_CLOSED', 'the store is closed')
}
