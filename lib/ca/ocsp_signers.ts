import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { Objects } from '../keys/index.js'
import type { ManagedObject, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import type { Certificate, Signer } from '../x509/index.js'

/** Key: the id of the authority. */
const namespace = 'ocsp-signer'

/** What signs OCSP answers for an authority, so that its own key does not (RFC 6960 section 4.2.2.2). */
export interface OcspSignerRecord {
  /** Id of the private key. */
  readonly key: string
  /** Id of the certificate among those that the authority has issued. */
  readonly certificate: string
  /** Of the certificate, base64. */
  readonly der: string
}

/** One at work. */
export interface OcspSigner {
  readonly certificate: Certificate
  /** Id of it. */
  readonly id: string
  readonly signer: Signer
}

/** The signers of OCSP answers: one for each authority that was ever asked. */
export class OcspSigners {
  readonly #barrier: Barrier
  readonly #objects: Objects
  readonly #records: RecordReader<OcspSignerRecord>

  constructor(store: Store, barrier: Barrier, objects: Objects) {
    this.#barrier = barrier
    this.#objects = objects
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  read(authority: string): Promise<Stored<OcspSignerRecord> | undefined> {
    return this.#records.read(authority)
  }

  /** Both keys of one. */
  async keys({ value }: Pick<Stored<OcspSignerRecord>, 'value'>): Promise<readonly ManagedObject[]> {
    const key = await this.#objects.byId(value.key)
    const other = await this.#objects.byId(key?.values.links?.publicKey ?? '')
    return [key, other].filter((one) => one !== undefined)
  }

  write(
    authority: string,
    record: OcspSignerRecord,
    before: Stored<OcspSignerRecord> | undefined,
  ): RecordWrite {
    const identity = { namespace, key: authority, expires: null, index: {} }
    return writeRecord(this.#barrier, { ...identity, version: (before?.version ?? 0) + 1 }, record)
  }

  remove({ key, version }: Stored<OcspSignerRecord>): RecordWrite {
    return { remove: { namespace, key, version } }
  }
}
