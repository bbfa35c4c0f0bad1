import type { Certificate } from '../x509/index.js'

/** What a certificate lets somebody do: be who it says with each request of a TLS connection, or log in. */
export type TrustUse = 'clients' | 'users'

/** The authorities that are here: whom they let in, and what they have revoked. */
export interface TrustedAuthorities {
  /** Another one whenever something may have changed that the answers below rest on. */
  readonly generation: number
  /** Those below which certificates are good for something. */
  anchors(use: TrustUse): Promise<readonly Certificate[]>
  /** Whether one of them has revoked or holds a certificate of a path, which is in order and ends at its anchor. */
  isRevoked(path: readonly Certificate[]): Promise<boolean>
}
