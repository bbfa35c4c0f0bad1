import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TraceEvent } from './trace.js'

/** What becomes of the changes that no sync has covered. */
export type Loss = 'all' | 'none' | 'tail' | 'some'
export const losses: readonly Loss[] = ['all', 'some', 'tail', 'none']

/** From 0 to below 1, as `Math.random`. */
export type Random = () => number

const sector = 512

interface Inode {
  /** The length of the buffer is more than the size, at times. */
  content: Buffer
  size: number
}

type FileEvent = TraceEvent & { readonly kind: 'W' | 'T' }
/** A change that a power cut may take, unless a sync of `synced` comes before it. */
type Pending =
  | { readonly of: Inode; readonly event: FileEvent }
  | { readonly of: string; readonly apply: (names: Map<string, Inode>) => void }

/**
 * A disk as POSIX promises it and no better: what was written is there after a power cut only when its file was synced since,
 * a name only when its directory was. Everything else may be there or not, in any combination, and a write that is
 * interrupted leaves some of its sectors.
 */
export class Disk {
  /** As processes see it. */
  readonly #names = new Map<string, Inode>()
  /** As it is after a power cut that takes all it may. */
  readonly #durable = new Map<string, Inode>()
  readonly #contents = new Map<Inode, Inode>()
  #pending: Pending[] = []

  apply(event: TraceEvent): void {
    const { kind, path } = event
    switch (kind) {
      case 'C': {
        const made: Inode = { content: Buffer.alloc(0), size: 0 }
        this.#rename(path, (names) => names.set(path, made))
        break
      }
      case 'W':
      case 'T': {
        const inode = this.#at(path)
        const change = event as FileEvent
        write(inode, change)
        this.#pending.push({ of: inode, event: change })
        break
      }
      case 'S': {
        const synced = this.#names.get(path) ?? path
        this.#pending = this.#pending.filter((change) => {
          if (change.of === synced) this.#keep(change)
          return change.of !== synced
        })
        break
      }
      case 'R': {
        const [inode, target] = [this.#at(path), event.data.toString()]
        this.#rename(path, (names) => names.delete(path))
        this.#rename(target, (names) => names.set(target, inode))
        break
      }
      case 'L': {
        const [inode, target] = [this.#at(path), event.data.toString()]
        this.#rename(target, (names) => names.set(target, inode))
        break
      }
      case 'U':
        this.#rename(path, (names) => names.delete(path))
        break
      default: // directories are made once and for all, marks change nothing
    }
  }

  /** The files that a power cut leaves now, with their contents. */
  cut(loss: Loss, random: Random): Map<string, Buffer> {
    const names = new Map(this.#durable)
    const copies = new Map<Inode, Inode>()
    const copy = (inode: Inode) => {
      const known = copies.get(inode)
      if (known) return known
      const { content, size } = this.#contents.get(inode) ?? { content: Buffer.alloc(0), size: 0 }
      const made = { content: Buffer.from(content), size }
      copies.set(inode, made)
      return made
    }
    const tail = Math.floor(random() * (this.#pending.length + 1))
    for (const [i, change] of this.#pending.entries()) {
      const kept = loss === 'none' || (loss === 'tail' && i < tail) || (loss === 'some' && random() < 0.5)
      const torn = (loss === 'tail' && i === tail) || (loss === 'some' && !kept && random() < 0.2)
      if (!kept && !torn) continue
      if ('apply' in change) {
        if (kept) change.apply(names)
      } else write(copy(change.of), kept ? change.event : tear(change.event, random))
    }
    return new Map(
      [...names].map(([name, inode]) => {
        const { content, size } = copy(inode)
        return [name, content.subarray(0, size)]
      }),
    )
  }

  #rename(path: string, apply: (names: Map<string, Inode>) => void): void {
    apply(this.#names)
    this.#pending.push({ of: dirname(path), apply })
  }

  #keep(change: Pending): void {
    if ('apply' in change) {
      change.apply(this.#durable)
      return
    }
    const content = this.#contents.get(change.of) ?? { content: Buffer.alloc(0), size: 0 }
    this.#contents.set(change.of, content)
    write(content, change.event)
  }

  #at(path: string): Inode {
    const inode = this.#names.get(path)
    if (!inode) throw new Error(`the trace changes ${path}, which was never made`)
    return inode
  }
}

function write(inode: Inode, { kind, offset, data }: FileEvent): void {
  const end = kind === 'T' ? offset : offset + data.length
  if (end > inode.content.length) {
    const grown = Buffer.alloc(2 * end)
    inode.content.copy(grown, 0, 0, inode.size)
    inode.content = grown
  }
  if (kind === 'W') data.copy(inode.content, offset)
  else inode.content.fill(0, offset, Math.max(offset, inode.size))
  inode.size = kind === 'T' ? offset : Math.max(inode.size, end)
}

/** Some whole sectors of a write, from its beginning. */
function tear(event: FileEvent, random: Random): FileEvent {
  if (event.kind === 'T') return event
  const end = Math.floor((random() * (event.offset + event.data.length - event.offset)) / sector) * sector
  return { ...event, data: event.data.subarray(0, end) }
}

/** Leaves out what no system keeps over a power cut: the index of the log is memory that the processes share. */
export function withoutSharedMemory(files: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  return new Map([...files].filter(([name]) => !name.endsWith('-shm')))
}

export function fingerprint(files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256')
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${name} ${content.length} `).update(content)
  return hash.digest('hex')
}

export function lay(files: ReadonlyMap<string, Buffer>, directory: string): void {
  for (const [name, content] of files) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, content, { mode: 0o600 })
  }
}
