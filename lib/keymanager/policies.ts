import { Cache } from '../access/index.js'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { type KeyName, layerOf } from './key_names.js'

/** Key: the application. */
const namespace = 'keymanager-policy'
const longestDays = 36_525

/** How long the keys of an application are valid, and when others take their place. */
export interface KeymanagerPolicy {
  /** Days from the making of a key to the end of its certificate. */
  readonly days: number
  /** Days before that end from which on another key is made; of base keys those of the application BASE count. */
  readonly preExpireDays: number
}

const application: KeymanagerPolicy = { days: 1095, preExpireDays: 60 }

/** What MOSIP ships. */
const shipped: Readonly<Record<string, KeymanagerPolicy>> = {
  ROOT: { days: 2920, preExpireDays: 1125 },
  PMS: { days: 1460, preExpireDays: 395 },
  BASE: { days: 730, preExpireDays: 30 },
  PRE_REGISTRATION: application,
  REGISTRATION: application,
  REGISTRATION_PROCESSOR: application,
  ID_REPO: application,
  KERNEL: application,
  RESIDENT: application,
  ADMIN_SERVICES: application,
  DIGITAL_CARD: application,
  COMPLIANCE_TOOLKIT: application,
  // What is brought in from another Keymanager is encrypted to it.
  KEY_MIGRATE: { days: 1, preExpireDays: 0 },
}

/** The policies of applications: those that are shipped, and sealed records beside or instead of them. */
export class Policies {
  readonly #barrier: Barrier
  readonly #records: RecordReader<KeymanagerPolicy>
  /** That there is none is kept too: most applications have none of their own. */
  readonly #cache: Cache<{ readonly own: KeymanagerPolicy | undefined }>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(1000, async (key) => ({ own: (await this.#records.read(key))?.value }))
  }

  /** Undefined of an application that nobody knows. */
  async get(application: string): Promise<KeymanagerPolicy | undefined> {
    const cached = await this.#cache.get(application)
    return cached?.own ?? (Object.hasOwn(shipped, application) ? shipped[application] : undefined)
  }

  /** What holds for a key. @throws MORTISE_KEYMANAGER_APPLICATION */
  async of(name: KeyName): Promise<KeymanagerPolicy> {
    const policy = await this.get(name.application)
    if (!policy) throw new MortiseError('MORTISE_KEYMANAGER_APPLICATION')
    if (layerOf(name) !== 'base') return policy
    return { days: policy.days, preExpireDays: (await this.get('BASE'))?.preExpireDays ?? 30 }
  }

  /** @throws MORTISE_INPUT_INVALID */
  async write(application: string, { days, preExpireDays }: KeymanagerPolicy): Promise<RecordWrite> {
    const whole = [days, preExpireDays].every((one) => Number.isInteger(one) && one >= 0)
    if (!whole || days > longestDays || preExpireDays >= days)
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a key is valid for up to ${longestDays} whole days, and replaced fewer days than that before their end`,
      )
    const version = ((await this.#records.read(application))?.version ?? 0) + 1
    const identity = { namespace, key: application, version, expires: null, index: {} }
    return writeRecord(this.#barrier, identity, { days, preExpireDays })
  }

  /** @param record its namespace, `/`, its key; null for all */
  forget(record: string | null): void {
    if (record === null) this.#cache.forgetAll()
    else if (record.startsWith(`${namespace}/`)) this.#cache.forget(record.slice(namespace.length + 1))
  }
}
