import { isMortiseError, type MortiseError } from '../../errors/index.js'
import { DatabaseThread } from './database_thread.js'

/** Checks a large store while it is in use already, on a thread of its own. */
export class IntegrityCheck {
  readonly #thread = new DatabaseThread()
  readonly #checking: Promise<void>
  #finding: MortiseError | undefined
  #running = true

  constructor(directory: string) {
    this.#checking = this.#check(directory)
  }

  /** What it has found, if anything. */
  get damage(): MortiseError | undefined {
    return isMortiseError(this.#finding, 'MORTISE_STORAGE_CORRUPT') ? this.#finding : undefined
  }

  /** What there is to say about it; undefined when it has ended well. */
  get message(): string | undefined {
    if (this.#running) return 'the store is being checked, because the last to use it did not close it'
    return this.#finding?.message
  }

  /** May wait for the end of the table that is being read. */
  async stop(): Promise<void> {
    await this.#thread.terminate()
    await this.#checking
  }

  async #check(directory: string): Promise<void> {
    try {
      await this.#thread.call('check', directory)
    } catch (error) {
      this.#finding = error as MortiseError
    }
    this.#running = false
    await this.#thread.terminate()
  }
}
