import {
  type Checkpoint,
  checkpointBody,
  checkpointHash,
  checkpointText,
  exportCheckpoints,
  formatHead,
  readCheckpoints,
  type StoredCheckpoint,
  signedBytes,
  writeCheckpoint,
} from '../audit/index.js'
import { isMortiseError } from '../errors/index.js'
import { auditKey } from '../keys/index.js'
import { decodeAuditRecord, type SystemOperation } from '../operation/index.js'
import type { StoredHead } from '../storage/index.js'
import { type Actor, systemActor } from './actor.js'
import type { Pipeline } from './pipeline.js'
import type { Services } from './services.js'

const operationName = 'AuditCheckpoint'

/** Signs where every chain stands. The key is made with the first, and used for nothing else. */
const signCheckpoint: SystemOperation<Services, object, StoredCheckpoint> = {
  name: operationName,
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
  #making: Promise<unknown> = Promise.resolve()
  #failure: string | undefined

  constructor(services: Services, pipeline: Pipeline, options: CheckpointOptions) {
    this.#services = services
    this.#pipeline = pipeline
    this.#options = options
    if (options.seconds > 0) {
      this.#timer = setInterval(() => void this.#make(options.seconds * 1000), options.seconds * 1000).unref()
    }
  }

  /** Why the last one could not be made or exported. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Makes one now, and exports it. */
  async make(actor: Actor = systemActor): Promise<StoredCheckpoint> {
    const made = await this.#pipeline.run(actor, signCheckpoint, {})
    await this.#export()
    return made
  }

  /** The last one, of what was written until the end. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#making
    if (this.#options.seconds > 0) await this.#make(0)
  }

  /** Unless nothing was written, or another process has made one within so many milliseconds. */
  #make(within: number): Promise<unknown> {
    this.#making = this.#making.then(async () => {
      try {
        if (await this.#isDue(within)) await this.make()
        this.#failure = undefined
      } catch (error) {
        this.#failure = isMortiseError(error) ? error.message : String(error)
      }
    })
    return this.#making
  }

  async #isDue(within: number): Promise<boolean> {
    const { store, clock } = this.#services
    const [latest] = await readCheckpoints(this.#services, 1)
    // A little less, for timers are not exact.
    if (latest && clock.now() - latest.checkpoint.time < within * 0.9) return false
    const moved = (await store.chainHeads()).filter(({ position }) => position > (latest?.position ?? 0))
    return moved.length > 1 || (moved[0] !== undefined && !(await this.#isOwnRecord(moved[0])))
  }

  /** Whether all that is new is the record of the last checkpoint. */
  async #isOwnRecord({ chain, sequence }: StoredHead): Promise<boolean> {
    const [row] = await this.#services.store.auditChain(chain, sequence, 1)
    return row !== undefined && decodeAuditRecord(row.record)?.operation === operationName
  }

  async #export(): Promise<void> {
    if (this.#options.directory !== undefined)
      await exportCheckpoints(this.#services, this.#options.directory)
  }
}
