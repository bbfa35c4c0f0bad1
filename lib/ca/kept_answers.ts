/** An answer of an OCSP responder. */
export interface OcspAnswer {
  /** OCSPResponse, DER. */
  readonly der: Buffer
  /** When it may be given to somebody else who asks the same; null of an error, and of one that is for a nonce. */
  readonly kept: {
    /** Milliseconds since 1970. */
    readonly thisUpdate: number
    readonly nextUpdate: number
    /** From then on another is signed. */
    readonly renewal: number
  } | null
}

/** About 1 KB each. */
const mostAnswers = 20_000

/** Answers that are about one certificate, by what was asked; those that were made first go first. */
export class KeptAnswers {
  readonly #answers = new Map<string, { readonly answer: OcspAnswer; readonly certificate: string }>()
  /** What was asked about a certificate, by its id. */
  readonly #asked = new Map<string, Set<string>>()

  get(asked: string): OcspAnswer | undefined {
    return this.#answers.get(asked)?.answer
  }

  set(asked: string, certificate: string, answer: OcspAnswer): void {
    this.#drop(asked)
    this.#answers.set(asked, { answer, certificate })
    const all = this.#asked.get(certificate) ?? new Set()
    this.#asked.set(certificate, all.add(asked))
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > mostAnswers && oldest !== undefined) this.#drop(oldest)
  }

  forget(certificate: string): void {
    for (const asked of this.#asked.get(certificate) ?? []) this.#drop(asked)
  }

  forgetAll(): void {
    this.#answers.clear()
    this.#asked.clear()
  }

  #drop(asked: string): void {
    const known = this.#answers.get(asked)
    if (!known) return
    this.#answers.delete(asked)
    const all = this.#asked.get(known.certificate)
    all?.delete(asked)
    if (all?.size === 0) this.#asked.delete(known.certificate)
  }
}
