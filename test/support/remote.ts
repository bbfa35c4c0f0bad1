import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Test } from 'tap'
import type { KeyManagerOptions, Session } from '../../lib/index.js'
import type { KeyHouse } from './key_house.js'

export interface RemoteOptions
  extends Pick<KeyManagerOptions, 'leaseSeconds' | 'auditFile' | 'checkpointSeconds'> {
  readonly directory: string
  readonly rootKey: string
}

/** A method of a {@link Session}, or one of what only a remote can do. */
type Method =
  | Exclude<keyof Session, 'principal' | 'run' | 'openCipher' | 'openSigner' | 'openVerifier' | 'openMac'>
  | 'sealThroughLease'
  | 'holdLease'
  | 'sealUntilEnded'
  | 'close'

export interface Request {
  readonly id: number
  /** Name of a principal. */
  readonly who: string
  readonly method: Method
  readonly args: readonly unknown[]
}
/** Number of the request; the answer, or the code of the error. */
export type Reply = [id: number, answer: unknown, code?: string]

const main = fileURLToPath(new URL('remote_main.js', import.meta.url))

/** A key manager on the same directory in another process, or in another thread of this one. */
export class Remote {
  readonly #port: ChildProcess | Worker
  readonly #send: (request: Request) => void
  readonly #waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>()
  #requests = 0

  private constructor(port: ChildProcess | Worker) {
    this.#port = port
    this.#send = (request) => (port instanceof Worker ? port.postMessage(request) : port.send(request))
    port.on('message', ([id, answer, code]: Reply) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (code === undefined) waiting?.resolve(answer)
      else waiting?.reject(Object.assign(new Error(code), { code }))
    })
    port.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the other one is gone'))
    })
  }

  static process(t: Test, house: KeyHouse, options: Partial<RemoteOptions> = {}): Promise<Remote> {
    const all: RemoteOptions = { directory: house.directory, rootKey: house.rootKey, ...options }
    const child = fork(main, [JSON.stringify(all)], { serialization: 'advanced', execArgv: [] })
    t.teardown(() => child.kill('SIGKILL'))
    return Remote.#opened(new Remote(child))
  }

  static thread(t: Test, house: KeyHouse, options: Partial<RemoteOptions> = {}): Promise<Remote> {
    const all: RemoteOptions = { directory: house.directory, rootKey: house.rootKey, ...options }
    const worker = new Worker(main, { workerData: all, execArgv: [] })
    t.teardown(async () => {
      await worker.terminate()
    })
    return Remote.#opened(new Remote(worker))
  }

  static async #opened(remote: Remote): Promise<Remote> {
    await new Promise((resolve, reject) => remote.#waiting.set(0, { resolve, reject }))
    return remote
  }

  /** Runs a method of a session there. Rejects with an error of the same code. */
  call(who: string, method: Method, ...args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#requests
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#send({ id, who, method, args })
    })
  }

  async close(): Promise<void> {
    await this.call('', 'close')
  }

  /** Ends a process with SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    const gone = once(this.#port as ChildProcess, 'exit')
    ;(this.#port as ChildProcess).kill('SIGKILL')
    await gone
  }
}
