import {
  builtinRoles,
  type LoginSession,
  type ProvedFactor,
  systemPrincipal,
  type Token,
} from '../access/index.js'
import type { Subject } from '../operation/index.js'
import { keyservicePrincipal } from './keyservice/principal.js'
import type { Services } from './services.js'

/** How somebody came in. */
export type Entry =
  /** The process vouches for it, as for itself: no second factor is asked for. */
  | { readonly by: 'process' }
  /** An API token, or a secret of an OAuth client: it proves no second factor. */
  | { readonly by: 'token'; readonly token: Pick<Token, 'id' | 'expires'> }
  /** A token of a login, which remembers what was proved. */
  | { readonly by: 'session'; readonly session: LoginSession }
  /** It was proved just now, through which identity (`connection|subject`), and until when that holds. */
  | {
      readonly by: 'proof'
      readonly identity: string
      readonly factors: readonly ProvedFactor[]
      readonly expires: number | null
      /** Thumbprint of the certificate that was a part of the proof, or null. */
      readonly certificate: string | null
    }

export const vouched: Entry = { by: 'process' }

/** Where a session comes from, for the audit trail. */
export interface Door {
  /** Name of the face. */
  readonly face: string
  /** Id of the request. */
  readonly request: string
  /** IP address of the client, as far as the server sees it. */
  readonly address?: string | undefined
  /** What a TLS client has shown, its own certificate first (DER): the same array as long as it is the same connection. */
  readonly chain?: readonly Uint8Array[] | undefined
  /** The connection that requests come over, where several do: a password is not stretched again for each of them. */
  readonly connection?: object | undefined
}

/** The objects that an actor may work with and no others: those, or those of the groups. What is left out is not restricted. */
export interface Within {
  readonly objects?: readonly string[]
  readonly objectGroups?: readonly string[]
}

/** Somebody at a door: what the pipeline decides and records for. */
export interface Actor {
  /** Principal id; looked up again with each operation, so that whoever is disabled is refused at once. */
  readonly principal: string
  /** The door: `process`, or the name of a face. */
  readonly face: string
  /** Id of the request, to find it in the log. */
  readonly request: string | null
  readonly address?: string | undefined
  readonly entry: Entry
  /** Default: all that the principal may. */
  readonly within?: Within
}

/**
 * The process that embeds Mortise. It holds the root key, so it is trusted to administer: it registers principals. It has
 * no right on anybody's keys and is not in the store.
 */
export const host: Subject = {
  id: '00000000-0000-0000-0000-000000000000',
  name: 'host',
  kind: 'service',
  roles: ['administrator'],
  permissions: [],
  enabled: true,
  expires: null,
  passwordChangeRequired: false,
  groups: new Map(),
  held: builtinRoles.filter(({ name }) => name === 'administrator').map((role) => ({ role, through: null })),
  scoped: [],
}

/** Mortise itself, at work on what has fallen due. */
export const systemActor: Actor = {
  principal: systemPrincipal.id,
  face: 'system',
  request: null,
  entry: vouched,
}

/** Who an actor is now, with all that decides what it may do: from memory where it is known, the host or the system. */
export function subjectOf(
  { subjects }: Services,
  { principal }: Actor,
): Subject | Promise<Subject | undefined> {
  if (principal === host.id) return host
  if (principal === systemPrincipal.id) return systemPrincipal
  if (principal === keyservicePrincipal.id) return keyservicePrincipal
  return subjects.known(principal) ?? subjects.get(principal)
}
