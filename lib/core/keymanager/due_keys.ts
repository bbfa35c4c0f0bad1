import type { Grantee } from '../../access/index.js'
import { isMortiseError, MortiseError } from '../../errors/index.js'
import {
  createKeymanagerKey,
  createKeymanagerRoot,
  currentVersion,
  getKeymanagerKeys,
  isMadeHere,
  type KeyInfo,
  type KeymanagerPolicy,
  type KeyName,
  type KeyVersion,
  layerOf,
  objectName,
  parentOf,
  renewKeymanagerKey,
  rootName,
  type SubjectInput,
} from '../../keymanager/index.js'
import type {
  GrantablePermission,
  ObjectOperation,
  ObjectPermission,
  Operation,
} from '../../operation/index.js'
import type { Services } from '../services.js'

/** What is needed of a session. */
export interface Runner {
  run<Input, Answer>(operation: Operation<Services, Input, Answer>, input: Input): Promise<Answer>
  may(permission: ObjectPermission, object: string): Promise<boolean>
  grant(object: string, grantee: Grantee, permissions: readonly GrantablePermission[]): Promise<unknown>
  revoke(object: string): Promise<unknown>
}

/** That the key of a name is there when it is wanted: made where there is none yet, replaced where it is due, and refused where neither is. */
export class DueKeys {
  readonly #services: Services
  readonly #session: Runner

  constructor(services: Services, session: Runner) {
    this.#services = services
    this.#session = session
  }

  /** The key of a name that protects now: made, or replaced, where that is due. */
  async current(name: KeyName, wanted: Wanted): Promise<KeyVersion> {
    const there = await this.#there(name)
    if (there) return there
    return this.#services.rings.alone(name, async () => {
      // Somebody else may have made it meanwhile, or another process.
      await this.#services.rings.read(name)
      const made = (await this.#there(name)) ?? (await this.#make(name, wanted))
      if (made) return made
      throw new MortiseError('MORTISE_KEYMANAGER_KEY_MISSING')
    })
  }

  async #there(name: KeyName): Promise<KeyVersion | undefined> {
    const ring = await this.#services.rings.get(name)
    if (ring.versions.length === 0) return undefined
    const policy = await this.#services.keymanagerPolicies.get(name.application)
    const terms = policy && (await this.#services.keymanagerPolicies.of(name))
    return currentVersion(this.#services, ring, terms ?? noPolicy)
  }

  async #make(name: KeyName, wanted: Wanted): Promise<KeyVersion | undefined> {
    const ring = await this.#services.rings.get(name)
    const newest = ring.versions.at(-1)
    if (newest) {
      if (!isMadeHere(ring))
        throw new MortiseError(
          'MORTISE_KEYMANAGER_CERTIFICATE',
          'the certificate that was uploaded has ended',
        )
      await this.renew(ring, newest, wanted)
    } else await this.#makeFirst(name, wanted)
    return this.#there(name)
  }

  async #makeFirst(name: KeyName, wanted: Wanted): Promise<void> {
    const { subject, first } = wanted
    const layer = layerOf(name)
    // What signs is made when somebody says so, and not because somebody misspells it.
    if (layer !== 'base' && !first) return this.refuse(name, wanted)
    if (layer === 'root') {
      await this.#session.run(createKeymanagerRoot, subject ?? {})
      return
    }
    const { privateKey } = await this.current(parentOf(name), {
      use: 'Certify',
      operation: getKeymanagerKeys,
    })
    const input = { ...name, parent: privateKey ?? '', ...(subject && { subject }) }
    await this.#session.run(createKeymanagerKey, input).catch((error) => {
      // Another process has made it.
      if (!isMortiseError(error, 'MORTISE_KEYMANAGER_KEY_EXISTS')) throw error
    })
  }

  /** Makes the key that comes after another one. */
  async renew(
    name: KeyName,
    { privateKey, publicKey }: KeyVersion,
    { use, subject }: Pick<Wanted, 'use' | 'subject'>,
  ): Promise<KeyInfo> {
    if (layerOf(name) !== 'root') {
      const certifies = { use: 'Certify', operation: getKeymanagerKeys } as const
      // Whoever uses a key need not have a right on the one above it, which certifies to its end.
      await this.current(parentOf(name), certifies).catch((error) => {
        if (
          !isMortiseError(error, 'MORTISE_ACCESS_DENIED') &&
          !isMortiseError(error, 'MORTISE_KEY_NOT_FOUND')
        )
          throw error
      })
    }
    const { application, reference } = name
    return this.#session.run(renewKeymanagerKey, {
      ...{ application, reference, use },
      object: use === 'Encrypt' || use === 'Get' ? publicKey : (privateKey ?? ''),
      ...(subject && { subject }),
    })
  }

  /** The key that is above all others, whose rights are those on what belongs to no key. */
  async root(operation: Wanted['operation']): Promise<KeyVersion> {
    return (await this.#services.rings.get(rootName)).versions.at(-1) ?? this.refuse(rootName, { operation })
  }

  /** Refuses what a name that is not there is asked for, and says what is missing to those who may know. */
  async refuse(
    name: KeyName,
    { operation }: Pick<Wanted, 'operation'>,
    remedy = 'generate its master key',
  ): Promise<never> {
    const object = objectName('public', name)
    const asked = await this.#session
      .run(operation, { object, root: object } as never)
      .catch((error) => error)
    const root = (await this.#services.rings.get(rootName)).versions.at(-1)
    if (!isMortiseError(asked, 'MORTISE_KEY_NOT_FOUND')) throw asked
    if (!root)
      throw new MortiseError('MORTISE_KEYMANAGER_KEY_MISSING', 'ROOT has not been made', {
        details: { missing: 'ROOT' },
      })
    if (!(await this.#session.may('Get', root.publicKey))) throw asked
    await this.#services.keymanagerPolicies.of(name)
    throw new MortiseError(
      'MORTISE_KEYMANAGER_KEY_MISSING',
      `the key of the application has not been made: ${remedy}`,
      { details: { missing: name.application } },
    )
  }
}

/** Of somebody else’s key, whose certificate says it. */
const noPolicy: KeymanagerPolicy = { days: 0, preExpireDays: 0 }

/** What a key is wanted for, and by which operation on `object` or `root` alone, which a refusal is recorded as. */
interface Wanted {
  readonly use: ObjectPermission
  readonly operation: ObjectOperation<Services, never, unknown>
  readonly subject?: SubjectInput | undefined
  /** Whether the first key of an application is made. */
  readonly first?: true
}
