import type { Change, GrantWrite, ObjectRow, ObjectWrite, RecordWrite } from '../../operation/index.js'
import { objectScalars, type Row, type Value } from './rows.js'

/**
 * A group of Changes on its way to the database's thread: every scalar in one array and every byte in one buffer, in
 * the order in which they are read. Cloning that costs a fraction of cloning the Changes; and a Buffer cut from
 * Node's pool would be cloned with its whole pool.
 */
export interface Tape {
  /** How many there are. */
  readonly changes: number
  /** Whether one of the Changes is to be synced. */
  readonly synced: boolean
  readonly scalars: readonly Scalar[]
  readonly bytes: Uint8Array
}
type Scalar = string | number | null

/** A write as the thread executes it: the bound values of the row, or the key and version (null: any) of what is removed. */
export interface RowWrite {
  readonly removes: boolean
  readonly values: Row
}

/** A Change as it comes off the tape. */
export interface TapedChange {
  readonly epoch: number | null
  readonly newEpoch: boolean
  readonly relies: readonly Row[]
  readonly objects: readonly Row[]
  readonly grants: readonly RowWrite[]
  readonly records: readonly RowWrite[]
  readonly prunes: readonly Row[]
  readonly audit: Uint8Array
}

/** Takes Changes down as they come; the caller may reuse its buffers at once. */
export class TapeWriter {
  readonly #scalars: Scalar[] = []
  #bytes = Buffer.allocUnsafeSlow(4096)
  #size = 0
  #changes = 0
  #synced = false

  get synced(): boolean {
    return this.#synced
  }

  /** A malformed Change throws, and is not on the tape. */
  change(change: Change): void {
    const scalars = this.#scalars.length
    const size = this.#size
    try {
      this.#write(change)
      this.#changes++
      this.#synced ||= change.durability === 'synced'
    } catch (error) {
      this.#scalars.length = scalars
      this.#size = size
      throw error
    }
  }

  finish(): Tape {
    return {
      changes: this.#changes,
      synced: this.#synced,
      scalars: this.#scalars,
      bytes: new Uint8Array(this.#bytes.subarray(0, this.#size)),
    }
  }

  #write({ epoch, newEpoch, relies, objects, grants, records, prunes, audit }: Change): void {
    this.#scalars.push(epoch ?? null, newEpoch ? 1 : 0)
    this.#each(relies, ({ object, version }) => this.#scalars.push(object, version))
    this.#each(objects && inNameOrder(objects), ({ row }) => {
      for (const column of objectScalars) this.#scalars.push(row[column])
      this.#append(row.material)
      this.#append(row.mac)
    })
    this.#each(grants, (write) => this.#grant(write))
    this.#each(records, (write) => this.#record(write))
    this.#each(prunes, ({ chain, through }) => this.#scalars.push(chain, through))
    this.#append(audit)
  }

  #each<T>(items: readonly T[] | undefined, write: (item: T) => void): void {
    this.#scalars.push(items?.length ?? 0)
    items?.forEach(write)
  }

  #grant(write: GrantWrite): void {
    const { object, granteeKind, grantee, version } = 'row' in write ? write.row : write.remove
    this.#scalars.push('row' in write ? 0 : 1, object, granteeKind, grantee, version)
    if ('row' in write) {
      this.#scalars.push(JSON.stringify(write.row.permissions))
      this.#append(write.row.mac)
    }
  }

  #record(write: RecordWrite): void {
    const { namespace, key, version } = 'row' in write ? write.row : write.remove
    this.#scalars.push('row' in write ? 0 : 1, namespace, key, version ?? null)
    if ('row' in write) {
      this.#scalars.push(write.row.expires, JSON.stringify(write.row.index))
      this.#append(write.row.value)
    }
  }

  #append(bytes: Uint8Array | null): void {
    this.#scalars.push(bytes?.length ?? null)
    if (!bytes) return
    if (this.#size + bytes.length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(2 * (this.#size + bytes.length))
      this.#bytes.copy(grown, 0, 0, this.#size)
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#size)
    this.#size += bytes.length
  }
}

/** Rows that give up a name go before those that take one: a rekey moves the name within one Change. */
function inNameOrder(writes: readonly ObjectWrite[]): readonly ObjectWrite[] {
  if (writes.length < 2) return writes
  const rank = ({ row }: ObjectWrite) => (!bearsName(row) ? 0 : row.version > 1 ? 1 : 2)
  return writes.toSorted((a, b) => rank(a) - rank(b))
}

function bearsName({ name, state }: ObjectRow): boolean {
  return name !== null && state !== 'Destroyed' && state !== 'DestroyedCompromised'
}

export class TapeReader {
  readonly #scalars: readonly Scalar[]
  readonly #bytes: Buffer
  #at = 0
  #byteAt = 0

  constructor({ scalars, bytes }: Tape) {
    this.#scalars = scalars
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  *changes(): Generator<TapedChange> {
    while (this.#at < this.#scalars.length) yield this.#change()
  }

  #change(): TapedChange {
    const [epoch, newEpoch] = this.#take(2) as [number | null, number]
    return {
      epoch,
      newEpoch: newEpoch === 1,
      relies: this.#each(() => this.#take(2)),
      objects: this.#each(() => [...this.#take(objectScalars.length), this.#nextBytes(), this.#nextBytes()]),
      grants: this.#each(() => this.#write(4, 5)),
      records: this.#each(() => this.#write(3, 5)),
      prunes: this.#each(() => this.#take(2)),
      audit: this.#nextBytes() as Buffer,
    }
  }

  /** A removal is its key and version; a row has more scalars, and bytes. */
  #write(keyScalars: number, rowScalars: number): RowWrite {
    const removes = this.#next() === 1
    return {
      removes,
      values: removes ? this.#take(keyScalars) : [...this.#take(rowScalars), this.#nextBytes()],
    }
  }

  #each<T>(read: () => T): T[] {
    const count = this.#next() as number
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read())
    return items
  }

  #next(): Scalar {
    return this.#scalars[this.#at++] as Scalar
  }

  #take(count: number): Value[] {
    this.#at += count
    return this.#scalars.slice(this.#at - count, this.#at)
  }

  #nextBytes(): Buffer | null {
    const length = this.#next() as number | null
    if (length === null) return null
    this.#byteAt += length
    return this.#bytes.subarray(this.#byteAt - length, this.#byteAt)
  }
}
