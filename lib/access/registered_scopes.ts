import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite, Subject } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import { checkedDescription, checkedText } from './text.js'

/** Key: the name. */
const namespace = 'oauth-scope'
const cachedScopes = 10_000
/** RFC 6749 section 3.3: a scope-token; shorter than what a header or a path takes. */
const form = /^[!#-[\]-~]{1,255}$/
const mostBindings = 100

/** What every client and user gets that asks for it, registered or not. */
export const defaultScope = 'default'

/** What a token may allow, beyond what is looked up with each request here: resource servers and gateways ask for it. */
export interface OAuthScope {
  /** A scope-token (RFC 6749 section 3.3) of at most 255 characters. */
  readonly name: string
  readonly displayName: string
  /** At most 1,024 characters. */
  readonly description: string
  /**
   * Names of roles and groups: who holds none of them gets the scope in no token, and a client for itself never does. None: everybody
   * may have it.
   */
  readonly bindings: readonly string[]
  /** UUID of the API that it was registered with, and goes with; null for one that APIs share. */
  readonly api: string | null
}

export interface NewOAuthScope extends Pick<OAuthScope, 'name'> {
  /** Default the name. */
  readonly displayName?: string
  /** Default empty. */
  readonly description?: string
  /** At most 100. Default none. */
  readonly bindings?: readonly string[]
}

/** @throws MORTISE_INPUT_INVALID */
export function newOAuthScope(
  { name, displayName = name, description = '', bindings = [] }: NewOAuthScope,
  api: string | null = null,
): OAuthScope {
  if (!form.test(name))
    throw invalid('the name of a scope has 1 to 255 visible characters of ASCII, no quotes and no backslash')
  if (name === defaultScope) throw invalid(`the scope ${defaultScope} is everybody’s: choose another name`)
  if (bindings.length > mostBindings) throw invalid(`a scope is bound to ${mostBindings} roles at most`)
  for (const role of bindings) checkedText('the name of a role', role)
  return {
    name,
    displayName: checkedText('the display name of a scope', displayName) ?? name,
    description: checkedDescription(description),
    bindings: [...new Set(bindings)],
    api,
  }
}

/** Whether somebody may have a scope in a token. @param user null for a client that asks for itself */
export function mayHave({ bindings }: Pick<OAuthScope, 'bindings'>, user: Subject | null): boolean {
  if (bindings.length === 0) return true
  if (!user) return false
  const names = new Set([...user.held.map(({ role }) => role.name), ...user.groups.values()])
  return bindings.some((one) => names.has(one))
}

/** The scopes that there are. */
export class RegisteredScopes {
  readonly #barrier: Barrier
  readonly #records: RecordReader<OAuthScope>
  readonly #cache: Cache<OAuthScope>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedScopes, async (name) => (await this.#records.read(name))?.value)
  }

  /** From memory where it is known. @throws MORTISE_BARRIER_INTEGRITY */
  get(name: string): Promise<OAuthScope | undefined> {
    return this.#cache.get(name)
  }

  /** As the store has it now. @throws MORTISE_OAUTH_SCOPE_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async read(name: string): Promise<Stored<OAuthScope>> {
    const stored = await this.#records.read(name)
    if (stored) return stored
    throw new MortiseError('MORTISE_OAUTH_SCOPE_NOT_FOUND', `there is no scope ${JSON.stringify(name)}`)
  }

  /** A page in the order of names, after `after`. */
  async list(limit: number, after: string | undefined): Promise<OAuthScope[]> {
    return (await this.#records.page(limit, after)).map(({ value }) => value)
  }

  /** Those of an API. */
  async of(api: string): Promise<Stored<OAuthScope>[]> {
    const found: Stored<OAuthScope>[] = []
    for await (const one of this.#records.all({ field: 'api', value: api })) found.push(one)
    return found
  }

  write(scope: OAuthScope, version: number): RecordWrite {
    const index = scope.api === null ? {} : { api: scope.api }
    return writeRecord(this.#barrier, { namespace, key: scope.name, version, expires: null, index }, scope)
  }

  remove({ key, version }: Stored<OAuthScope>): RecordWrite {
    return { remove: { namespace, key, version } }
  }

  forget(name: string): void {
    this.#cache.forget(name)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
