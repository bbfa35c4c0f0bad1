import { hash } from 'node:crypto'
import { Cache } from '../access/index.js'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

const cached = 10_000

/** What is kept of a kind, and how it is found. */
export interface Kind<Entity> {
  /** `subscription`: what stands in the names of namespaces and in errors. */
  readonly name: string
  keyOf(entity: Entity): string
  /** What no two have in common, besides the key. */
  nameOf?(entity: Entity): readonly string[]
  /** Fields that lists are restricted by. */
  indexOf(entity: Entity): Readonly<Record<string, string>>
}

/** Those of one kind that gateways are told of: by their key or by what else makes them the only one, from memory where they are known. */
export class Collection<Entity extends object> {
  readonly #barrier: Barrier
  readonly #kind: Kind<Entity>
  readonly #namespace: string
  readonly #records: RecordReader<Entity>
  readonly #names: RecordReader<{ readonly key: string }>
  readonly #cache: Cache<Entity>
  readonly #cachedNames: Cache<string>

  constructor(store: Store, barrier: Barrier, kind: Kind<Entity>) {
    this.#barrier = barrier
    this.#kind = kind
    this.#namespace = `gateway-${kind.name}`
    this.#records = new RecordReader(store, barrier, this.#namespace)
    this.#names = new RecordReader(store, barrier, `${this.#namespace}-name`)
    this.#cache = new Cache(cached, async (key) => (await this.#records.read(key))?.value)
    this.#cachedNames = new Cache(cached, async (name) => (await this.#names.read(name))?.value.key)
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  get(key: string): Promise<Entity | undefined> {
    return this.#cache.get(key)
  }

  /** @param name the texts of `nameOf`. @throws MORTISE_BARRIER_INTEGRITY */
  async named(...name: readonly string[]): Promise<Entity | undefined> {
    const key = await this.#cachedNames.get(nameKey(name))
    return key === undefined ? undefined : this.#cache.get(key)
  }

  /** As the store has it now. @throws MORTISE_GATEWAY_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async read(key: string): Promise<Stored<Entity>> {
    const stored = await this.#records.read(key)
    if (stored) return stored
    throw new MortiseError(
      'MORTISE_GATEWAY_NOT_FOUND',
      `gateways know no ${this.#kind.name} ${JSON.stringify(key)}`,
    )
  }

  /** A page in the order of keys, after the key `after`. */
  async page(
    limit: number,
    after: string | undefined,
    where?: { readonly field: string; readonly value: string },
  ): Promise<Stored<Entity>[]> {
    return this.#records.page(limit, after, where)
  }

  /** The rows that add one. @throws MORTISE_GATEWAY_EXISTS */
  async add(entity: Entity): Promise<RecordWrite[]> {
    const { keyOf, nameOf, name } = this.#kind
    const key = keyOf(entity)
    const texts = nameOf?.(entity)
    if ((await this.get(key)) || (texts && (await this.named(...texts))))
      throw new MortiseError(
        'MORTISE_GATEWAY_EXISTS',
        `gateways know such a ${name} already: change that one`,
      )
    return [this.#write(entity, 1), ...(texts ? [this.#writeName(texts, key)] : [])]
  }

  /** The rows that change one. @throws MORTISE_GATEWAY_EXISTS where it is called as another one is */
  async change(before: Stored<Entity>, entity: Entity): Promise<RecordWrite[]> {
    const [old, texts] = [this.#kind.nameOf?.(before.value), this.#kind.nameOf?.(entity)]
    const row = this.#write(entity, before.version + 1)
    if (!old || !texts || nameKey(old) === nameKey(texts)) return [row]
    if (await this.named(...texts))
      throw new MortiseError(
        'MORTISE_GATEWAY_EXISTS',
        `gateways know another ${this.#kind.name} of this name: choose another one`,
      )
    return [row, this.#removeName(old), this.#writeName(texts, before.key)]
  }

  /** The rows that remove one. */
  remove({ key, version, value }: Stored<Entity>): RecordWrite[] {
    const texts = this.#kind.nameOf?.(value)
    return [
      { remove: { namespace: this.#namespace, key, version } },
      ...(texts ? [this.#removeName(texts)] : []),
    ]
  }

  /** The rows that remove all of which a field has a value. */
  async removeAll(field: string, value: string): Promise<RecordWrite[]> {
    const rows: RecordWrite[] = []
    for await (const one of this.#records.all({ field, value })) rows.push(...this.remove(one))
    return rows
  }

  /** @param record its namespace, `/`, its key; null: everything */
  forget(record: string | null): void {
    if (record === null) {
      this.#cache.forgetAll()
      this.#cachedNames.forgetAll()
      return
    }
    const slash = record.indexOf('/')
    const [namespace, key] = [record.slice(0, slash), record.slice(slash + 1)]
    if (namespace === this.#namespace) this.#cache.forget(key)
    else if (namespace === `${this.#namespace}-name`) this.#cachedNames.forget(key)
  }

  #write(entity: Entity, version: number): RecordWrite {
    const { keyOf, indexOf } = this.#kind
    const identity = { namespace: this.#namespace, key: keyOf(entity), version, expires: null }
    return writeRecord(this.#barrier, { ...identity, index: indexOf(entity) }, entity)
  }

  #writeName(texts: readonly string[], key: string): RecordWrite {
    const identity = {
      namespace: `${this.#namespace}-name`,
      key: nameKey(texts),
      version: 1,
      expires: null,
      index: {},
    }
    return writeRecord(this.#barrier, identity, { key })
  }

  #removeName(texts: readonly string[]): RecordWrite {
    return { remove: { namespace: `${this.#namespace}-name`, key: nameKey(texts) } }
  }
}

/** Of a length that does not depend on what people call things. */
function nameKey(texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts), 'base64url')
}
