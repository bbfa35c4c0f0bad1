import {
  type Checkpoint,
  checkpointBody,
  checkpointed,
  checkpointHash,
  checkpointText,
  delivered,
  exportCheckpoints,
  formatHead,
  isOf,
  readCheckpoints,
  reasonOf,
  type StoredCheckpoint,
  signedBytes,
  writeCheckpoint,
} from '../audit/index.js'
import { isMortiseError } from '../errors/index.js'
import { auditKey } from '../keys/index.js'
import type { SystemOperation } from '../operation/index.js'
import { type Actor, systemActor } from './actor.js'
import type { Pipeline } from './pipeline.js'
import type { Services } from './services.js'
import { Turns } from './turns.js'

/** More records than so many are certainly not all bookkeeping. */
const lookedAt = 100

/** Signs where every chain stands. The key is made with the first, and used for nothing else. */
const signCheckpoint: SystemOperation<Services, object, StoredCheckpoint> = {
  name: checkpointed,
  permission: 'AuditRead',
  durability: 'synced',
  async prepare(services) {
    const { store, barrier, clock } = services
    const [latest] = await readCheckpoints(services, 1)
    const all = await store.chainHeads()
    const heads = all.filter(({ position }) => position > (latest?.position ?? 0))
    const { privateKey, publicKey, made } = await auditKey(services)
    const spki = await services.provider(publicKey.provider).open(publicKey).export({ format: 'spki' })
    const checkpoint: Checkpoint = {
      store: store.id,
      number: (latest?.checkpoint.number ?? 0) + 1,
      time: clock.now(),
      heads: heads.map(formatHead),
      previous: latest ? checkpointHash(latest.text) : null,
      key: privateKey.id,
      publicKey: spki.toString('base64'),
    }
    const body = checkpointBody(checkpoint)
    const key = services.provider(privateKey.provider).open(privateKey)
    const signature = await key.sign('EdDSA', signedBytes(body), { digested: false, encoding: 'der' })
    const position = Math.max(latest?.position ?? 0, ...all.map((head) => head.position))
    const signed = { text: checkpointText(body, signature), checkpoint, body, signature, position }
    return {
      answer: signed,
      rows: { objects: made.map((row) => ({ row })), records: [writeCheckpoint(barrier, signed)] },
      object: privateKey.id,
      detail: { number: checkpoint.number, heads: heads.length },
    }
  },
}

export interface CheckpointOptions {
  /** Seconds between checkpoints while something is written; 0 for none but those that are asked for. */
  readonly seconds: number
  /** Directory outside the database that they are written to as well. */
  readonly directory: string | undefined
}

/** Makes checkpoints of the audit trail at intervals, whichever process of a directory is first. */
export class Checkpoints {
  readonly #services: Services
  readonly #pipeline: Pipeline
  readonly #options: CheckpointOptions
  readonly #timer: NodeJS.Timeout | undefined
  readonly #turns = new Turns()
  #failure: string | undefined

  constructor(services: Services, pipeline: Pipeline, options: CheckpointOptions) {
    this.#services = services
    this.#pipeline = pipeline
    this.#options = options
    if (options.seconds > 0) {
      // What an earlier process could not export is told and tried from the beginning.
      void this.#inTurn(() => this.#export()).catch(() => undefined)
      this.#timer = setInterval(
        () => void this.#makeWithin(options.seconds * 1000),
        options.seconds * 1000,
      ).unref()
    }
  }

  /** Why the last one could not be made or exported, until one is. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Makes one now, and exports it. */
  make(actor: Actor = systemActor): Promise<StoredCheckpoint> {
    return this.#inTurn(() => this.#make(actor))
  }

  /** The last one, of what was written until the end. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#options.seconds > 0) await this.#makeWithin(0)
  }

  async #make(actor: Actor): Promise<StoredCheckpoint> {
    const made = await this.#pipeline.run(actor, signCheckpoint, {})
    await this.#export()
    return made
  }

  /** Unless nothing was written, or another process has made one within so many milliseconds: that is exported all the same. */
  async #makeWithin(milliseconds: number): Promise<void> {
    const work = async () => {
      if (await this.#isDue(milliseconds)) await this.#make(systemActor)
      else await this.#export()
    }
    await this.#inTurn(work).catch(() => undefined)
  }

  /** One at a time: two exports at once would take each other's drafts away. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const endTurn = await this.#turns.next()
    try {
      return await work()
    } catch (error) {
      // That somebody may not make one is no failure of the trail's.
      if (!isMortiseError(error, 'MORTISE_ACCESS_DENIED')) this.#failure = reasonOf(error)
      throw error
    } finally {
      endTurn()
    }
  }

  async #isDue(within: number): Promise<boolean> {
    const { store, clock } = this.#services
    const [latest] = await readCheckpoints(this.#services, 1)
    // A little less, for timers are not exact.
    if (latest && clock.now() - latest.checkpoint.time < within * 0.9) return false
    const { rows } = await store.auditAfter(latest?.position ?? 0, lookedAt)
    return rows.length === lookedAt || !rows.every((row) => isOf(row, checkpointed, delivered))
  }

  async #export(): Promise<void> {
    if (this.#options.directory !== undefined)
      await exportCheckpoints(this.#services, this.#options.directory)
    this.#failure = undefined
  }
}
