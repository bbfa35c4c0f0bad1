import { Worker } from 'node:worker_threads'
import { MortiseError } from '../../errors/index.js'
import { fromFailure } from './failure.js'
import type { Answer, Call, CallName, DatabaseCalls } from './protocol.js'

interface Waiting {
  resolve(value: unknown): void
  reject(error: MortiseError): void
}

/** The near end of the database's thread. Only calls that wait for an answer keep the process alive. */
export class DatabaseThread {
  readonly #worker = new Worker(new URL('./thread.js', import.meta.url), {
    name: 'mortise-store',
    // The flags of the host may be about its own main program.
    execArgv: [],
  })
  readonly #waiting = new Map<number, Waiting>()
  /** Made in this turn of the event loop. Waking the thread costs more than most of what it does. */
  #calls: Call[] = []
  #lastId = 0
  #ended: MortiseError | undefined

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', (answers: Answer[]) => {
      for (const answer of answers) this.#settle(answer)
    })
    this.#worker.on('error', (error) => this.#end(error.message))
    this.#worker.on('exit', (code) => this.#end(`exit code ${code}`))
  }

  /** Whether the thread has ended; nothing can be called any more. */
  get ended(): boolean {
    return this.#ended !== undefined
  }

  /** Calls are done in order. */
  call<Name extends CallName>(
    name: Name,
    ...args: Parameters<DatabaseCalls[Name]>
  ): Promise<ReturnType<DatabaseCalls[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended)
      const id = ++this.#lastId
      if (this.#calls.push([id, name, args]) === 1) queueMicrotask(() => this.#send())
      if (this.#waiting.size === 0) this.#worker.ref()
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
    })
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #send(): void {
    this.#worker.postMessage(this.#calls)
    this.#calls = []
  }

  #settle([id, value, failure]: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if (failure) waiting?.reject(fromFailure(failure))
    else waiting?.resolve(value)
  }

  #end(reason: string): void {
    this.#ended ??= new MortiseError(
      'MORTISE_STORAGE_UNAVAILABLE',
      `the thread of the store has ended: open the store anew (${reason})`,
    )
    for (const { reject } of this.#waiting.values()) reject(this.#ended)
    this.#waiting.clear()
  }
}
