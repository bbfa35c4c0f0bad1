import type { ConnectionKind } from './connections.js'
import type { Proof } from './login.js'

/** The certificates that a TLS client shows: the same array for as long as its connection lasts. */
type Chain = readonly Uint8Array[]

/** Whom a certificate has let in. */
export interface AdmittedClient {
  readonly proof: Proof
  readonly kind: ConnectionKind
  /** Principal id. */
  readonly principal: string
}

/**
 * The TLS clients that were let in a while ago, so that not each of their requests reads who they are again. None is known any more once
 * anything has changed that could be about who may come in (docs/decisions/a-certificate-is-shown-with-each-request.md).
 */
export class AdmittedClients {
  readonly #clients = new WeakMap<Chain, AdmittedClient & { readonly generation: number }>()
  #generation = 0

  /** Of what everything is that is read from now on. */
  get generation(): number {
    return this.#generation
  }

  known(chain: Chain): AdmittedClient | undefined {
    const client = this.#clients.get(chain)
    return client?.generation === this.#generation ? client : undefined
  }

  /** @param generation before anything was read that let the client in */
  keep(chain: Chain, client: AdmittedClient, generation: number): void {
    this.#clients.set(chain, { ...client, generation })
  }

  forgetAll(): void {
    this.#generation++
  }
}
