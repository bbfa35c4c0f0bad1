import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Contender } from '../harness/index.js'

const program = fileURLToPath(new URL('./pkcs11js_process.js', import.meta.url))

/** What pkcs11js is to do. */
export interface Pkcs11jsTask {
  readonly module: string
  /** Label of the token. */
  readonly token: string
  readonly pin: string
  /** Label of the key. */
  readonly key: string
  readonly what: 'ECDSA' | 'RSA' | 'GCM'
  /** 1: the synchronous functions, which do more here; else so many sessions with the asynchronous ones. */
  readonly lanes: number
  /** Units in one piece of work, a multiple of the lanes. */
  readonly count: number
}

/** pkcs11js in a process of its own. */
export class Pkcs11jsPeer implements Contender {
  readonly #child: ChildProcess
  readonly #count: number

  private constructor(child: ChildProcess, count: number) {
    this.#child = child
    this.#count = count
  }

  static async start({ module, token, pin, key, what, lanes, count }: Pkcs11jsTask): Promise<Pkcs11jsPeer> {
    const child = fork(program, [module, token, pin, key, what, String(lanes)])
    const peer = new Pkcs11jsPeer(child, count)
    await peer.#answer()
    return peer
  }

  readonly work = async (): Promise<number> => {
    this.#child.send(this.#count)
    await this.#answer()
    return this.#count
  }

  stop(): void {
    this.#child.disconnect()
  }

  #answer(): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`pkcs11js has ended with ${code}`))
      this.#child.once('exit', ended)
      this.#child.once('message', () => {
        this.#child.off('exit', ended)
        resolve()
      })
    })
  }
}
