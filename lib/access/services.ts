import type { Barrier } from '../barrier/index.js'
import type { Clock } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Authenticator } from './authenticate.js'
import { Grants } from './grants.js'
import { Passwords } from './passwords.js'
import { Principals } from './principals.js'
import { Tokens } from './tokens.js'

/** What the operations of this folder work with. */
export interface AccessServices {
  readonly store: Store
  readonly barrier: Barrier
  readonly clock: Clock
  readonly principals: Principals
  readonly grants: Grants
  readonly tokens: Tokens
  readonly passwords: Passwords
  readonly authenticator: Authenticator
}

export function openAccess(store: Store, barrier: Barrier, clock: Clock): AccessServices {
  const principals = new Principals(store, barrier)
  const grants = new Grants(store, barrier)
  const tokens = new Tokens(store, barrier, clock)
  const passwords = new Passwords(store, barrier, principals)
  const authenticator = new Authenticator(principals, tokens, passwords)
  return { store, barrier, clock, principals, grants, tokens, passwords, authenticator }
}
