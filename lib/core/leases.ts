import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { decide } from '../access/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { type OpenedLease, protectsUntil, rightsOn } from '../keys/index.js'
import {
  type CipherLease,
  type MacLease,
  native,
  type SignerLease,
  type VerifierLease,
} from '../native/index.js'
import {
  encodeAuditRecord,
  isActive,
  type ManagedObject,
  type ObjectPermission,
  type ObjectRow,
} from '../operation/index.js'
import { type Actor, subjectOf } from './actor.js'
import type { Services } from './services.js'

/** An open lease and what it was decided on. */
export interface OpenLease extends OpenedLease<CipherLease | SignerLease | VerifierLease | MacLease> {
  readonly actor: Actor
  readonly permissions: readonly ObjectPermission[]
}

/** The leases of one key manager: extends them, ends those whose reasons have gone, records their totals. */
export class Leases {
  readonly #services: Services
  readonly #open = new Set<OpenLease>()
  #closed = false

  constructor(services: Services) {
    this.#services = services
  }

  /** @throws MORTISE_CLOSED for a lease that was being opened when all were closed */
  add(opened: OpenLease): void {
    if (this.#closed) {
      opened.lease.end()
      throw new MortiseError('MORTISE_CLOSED')
    }
    this.#open.add(opened)
  }

  /** Ends a lease, gives back what it did not use, and records what it did. May be called twice. */
  async close(opened: OpenLease): Promise<void> {
    const { lease } = opened
    lease.end()
    if (!this.#open.delete(opened)) return
    await this.#reserve(opened, -lease.left, 'LeaseClosed', { used: lease.used })
  }

  async closeAll(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#open].map((opened) => this.close(opened)))
  }

  /** Reserves another block for every lease that has used half of its own, and ends those of whoever has expired. */
  async extend(): Promise<void> {
    for (const opened of this.#open) {
      const { lease, reserved, object, actor } = opened
      const subject = await subjectOf(this.#services, actor)
      if (!subject || !isActive(subject, this.#services.clock.now())) lease.end()
      if (reserved?.counter.limited && protectsUntil(object) <= this.#services.clock.now()) lease.end()
      if (lease.ended) await this.close(opened)
      else if (reserved && lease.left < reserved.block / 2) await this.reserve(opened).catch(unlessExhausted)
    }
  }

  /** Reserves another block, on disk before it may be used. @throws MORTISE_KEY_USAGE_LIMIT, MORTISE_CRYPTO_LIMIT_REACHED */
  async reserve(opened: OpenLease): Promise<void> {
    const { lease, object, reserved } = opened
    if (!reserved) return
    const block = await this.#services.usage.leaseBlock(object, reserved.counter)
    await this.#reserve(opened, block, 'LeaseExtended', { used: lease.used, reserved: block })
    if (!lease.ended) lease.reserve(block)
  }

  /** Decides every open lease again, on fresh rows, and ends those that would not be opened now. */
  async recheck(): Promise<void> {
    // One whose opening was committed just before what made this necessary is added within this turn of the event loop.
    await setImmediate()
    const open = [...this.#open]
    if (open.length === 0) return
    const ids = [...new Set(open.map(({ object }) => object.id))]
    const rows = new Map((await this.#services.store.objects(ids)).map((row) => [row.id, row]))
    // What is added from here on was decided on rows as new as these, which may not have its object.
    for (const opened of open) {
      const row = rows.get(opened.object.id)
      if (row && this.#stillSame(opened, row) && (await this.#stillAllowed(opened))) continue
      native.endLeases(this.#services.store.id, opened.object.id, row ? opened.actor.principal : null)
      await this.close(opened)
    }
  }

  /** Whether nothing has changed of the object that the lease was decided on. */
  #stillSame({ object }: OpenLease, row: ObjectRow): boolean {
    if (row.version === object.version) return true
    return isDeepStrictEqual(groundsOf(object), groundsOf(this.#services.objects.open(row)))
  }

  async #stillAllowed({ actor, object, permissions }: OpenLease): Promise<boolean> {
    const subject = await subjectOf(this.#services, actor)
    if (!subject || !isActive(subject, this.#services.clock.now()) || subject.passwordChangeRequired)
      return false
    const rights = await rightsOn(this.#services, subject, object)
    return permissions.every((permission) => decide(subject, permission, rights).allowed)
  }

  async #reserve(
    { actor, object, reserved }: OpenLease,
    uses: number,
    operation: string,
    detail: { used: number; reserved?: number },
  ): Promise<void> {
    const { store, usage, clock } = this.#services
    const principal = await subjectOf(this.#services, actor)
    const audit = encodeAuditRecord({
      time: clock.now(),
      principal: actor.principal,
      principalName: principal?.name ?? null,
      face: actor.face,
      request: actor.request,
      ...(actor.address !== undefined && { address: actor.address }),
      operation,
      object: object.id,
      outcome: 'success',
      code: null,
      detail,
    })
    for (;;) {
      try {
        const records = reserved && uses !== 0 ? [await usage.reserve(object, reserved.counter, uses)] : []
        return void (await store.apply({ records, audit, durability: 'synced' }))
      } catch (error) {
        if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
      }
    }
  }
}

/** What a lease was decided on, of the object itself. */
function groundsOf({ state, owner, usage, name, values }: ManagedObject): unknown {
  const { links, deactivated, protectStop, archived, destroyAt, usageLimits } = values
  return {
    state,
    owner,
    usage,
    name,
    groups: values.objectGroups,
    replacement: links?.replacement,
    deactivated,
    protectStop,
    archived,
    destroyAt,
    usageLimits,
  }
}

/** What is left is used up, and then the user of the lease hears of it. */
function unlessExhausted(error: unknown): void {
  if (
    isMortiseError(error, 'MORTISE_KEY_USAGE_LIMIT') ||
    isMortiseError(error, 'MORTISE_CRYPTO_LIMIT_REACHED')
  )
    return
  throw error
}
