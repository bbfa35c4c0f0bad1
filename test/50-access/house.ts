import type { Test } from 'tap'
import {
  type AccessOptions,
  type AccessServices,
  admissionOf,
  admitIdentity,
  decide,
  forgetRecord,
  isSettled,
  type NewPrincipal,
  type ObjectRights,
  openAccess,
  type Proof,
} from '../../lib/access/index.js'
import { newPrincipal } from '../../lib/access/principals.js'
import { host } from '../../lib/core/actor.js'
import { MortiseError } from '../../lib/errors/index.js'
import type {
  ManagedObject,
  ObjectOperation,
  ObjectRow,
  Prepared,
  Principal,
  Subject,
  SystemOperation,
} from '../../lib/operation/index.js'
import { TestHouse } from '../support/store.js'

/** Without passkeys and authorities. */
export const options: AccessOptions = {
  relyingParty: null,
  operationNames: new Set(['Export', 'Destroy']),
  trusted: { generation: 0, anchors: async () => [], isRevoked: async () => false },
}

/** People and keys in a store, and what of the pipeline the access operations need: decide, prepare, apply, forget. */
export class AccessHouse {
  readonly house: TestHouse
  access: AccessServices

  private constructor(house: TestHouse) {
    this.house = house
    this.access = openAccess(house.store, house.barrier, house.clock, options)
  }

  static async build(t: Test): Promise<AccessHouse> {
    return new AccessHouse(await TestHouse.build(t))
  }

  /** Registers somebody without being anybody, as the first start does. */
  async register(input: NewPrincipal): Promise<Principal> {
    const { principal, rows } = newPrincipal(this.house.barrier, input)
    const account = await this.access.accounts.create(principal.id, {})
    await this.house.apply({ records: [...(rows.records ?? []), ...account] }, 'CreatePrincipal')
    return principal
  }

  /** Whose a token is. */
  async bearer(text: string): Promise<Principal> {
    return (await this.access.authenticator.token(text)).principal
  }

  /** Who logs in with a local password. */
  async logIn(name: string, password: string): Promise<Principal> {
    const account = await this.access.principals.idOf(name)
    return this.admit(await this.access.authenticator.proof(['local_account'], { name, password, account }))
  }

  /** Who comes in by what a connection has proved, as the host lets it in. */
  async admit(proof: Proof): Promise<Principal> {
    const admission = await admissionOf(this.access, proof)
    if (admission.principal && isSettled(admission)) return admission.principal
    const { prepare, name } = admitIdentity
    return this.#settle(name, await prepare(this.access, host, proof))
  }

  async run<Input, Answer>(
    actor: Principal,
    operation: SystemOperation<AccessServices, Input, Answer>,
    input: Input,
  ): Promise<Answer> {
    const principal = await this.subject(actor)
    require(decide(principal, operation.permission).allowed)
    return this.#settle(operation.name, await operation.prepare(this.access, principal, input))
  }

  async runOn<Input, Answer>(
    actor: Principal,
    operation: ObjectOperation<AccessServices, Input, Answer>,
    input: Input,
    object: ObjectRow,
  ): Promise<Answer> {
    const principal = await this.subject(actor)
    const rights = await this.rights(object)
    const permissions =
      typeof operation.permission === 'function' ? operation.permission(input) : [operation.permission]
    for (const permission of permissions) require(decide(principal, permission, rights).allowed)
    const managed: ManagedObject = { ...object, values: JSON.parse(object.attributes) }
    return this.#settle(operation.name, await operation.prepare(this.access, principal, input, managed))
  }

  async subject(principal: Pick<Principal, 'id'>): Promise<Subject> {
    const subject = await this.access.subjects.get(principal.id)
    if (!subject) throw new Error('nobody of this id is registered')
    return subject
  }

  async rights(object: ObjectRow): Promise<ObjectRights> {
    const { owner, purpose, name, id } = object
    const { objectGroups = [] } = JSON.parse(object.attributes)
    return { owner, purpose, name, objectGroups, grants: await this.access.grants.on(id) }
  }

  /** Breaks into the database; whatever was in memory is gone afterwards. */
  async breakIn(edit: Parameters<TestHouse['breakIn']>[0]): Promise<void> {
    await this.house.breakIn(edit)
    this.access = openAccess(this.house.store, this.house.barrier, this.house.clock, options)
  }

  async #settle<Answer>(
    operation: string,
    { answer, rows = {}, detail, refusal }: Prepared<Answer>,
  ): Promise<Answer> {
    await this.house.apply(rows, operation, detail)
    for (const write of rows.grants ?? []) {
      this.access.grants.forget('row' in write ? write.row.object : write.remove.object)
    }
    for (const write of rows.records ?? []) {
      const { namespace, key } = 'row' in write ? write.row : write.remove
      forgetRecord(this.access, `${namespace}/${key}`)
    }
    if (refusal) throw refusal
    return answer
  }
}

function require(allowed: boolean): void {
  if (!allowed) throw new MortiseError('MORTISE_ACCESS_DENIED')
}
