import { type FileHandle, open } from 'node:fs/promises'

/** Milliseconds from a commit that is only written to its sync; half of what is promised, for the sync takes time. */
const interval = 25

/**
 * Brings commits that are written but not synced to the disk, by syncing the write-ahead log beside SQLite: that needs
 * neither the write lock nor room on the disk. SQLite takes no locks on the log, so that it may be opened here.
 */
export class LogSync {
  readonly #file: string
  #handle: FileHandle | undefined
  #timer: NodeJS.Timeout | undefined
  #syncing: Promise<void> = Promise.resolve()
  #failure: string | undefined

  constructor(file: string) {
    this.#file = file
  }

  /** Why the last sync failed; it is tried again until it succeeds. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** A commit was written. */
  written(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      // One after another: the first may still be opening the log.
      this.#syncing = this.#syncing.then(() => this.#sync())
    }, interval)
  }

  /** A commit was synced, and with it everything before. */
  synced(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async close(): Promise<void> {
    await this.#syncing
    if (this.#timer) await this.#sync()
    this.synced()
    await this.#handle?.close()
  }

  async #sync(): Promise<void> {
    try {
      this.#handle ??= await open(this.#file, 'r+')
      await this.#handle.datasync()
      this.#failure = undefined
    } catch (error) {
      this.#failure = (error as Error).message
      this.written()
    }
  }
}
