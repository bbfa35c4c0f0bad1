interface Asked<Input, Answer> {
  readonly input: Input
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** Gathers what is asked for in one turn of the event loop into a batch, for callers who do not know of one another. */
export class Gathered<Input, Answer> {
  readonly #batch: (inputs: readonly Input[]) => Promise<readonly Answer[]>
  #asked: Asked<Input, Answer>[] = []

  /** @param batch answers each input in its place, or fails whole */
  constructor(batch: (inputs: readonly Input[]) => Promise<readonly Answer[]>) {
    this.#batch = batch
  }

  ask(input: Input): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#asked.push({ input, resolve, reject }) === 1) setImmediate(() => void this.#answer())
    })
  }

  async #answer(): Promise<void> {
    const asked = this.#asked
    this.#asked = []
    try {
      const answers = await this.#batch(asked.map(({ input }) => input))
      for (const [i, { resolve }] of asked.entries()) resolve(answers[i] as Answer)
    } catch {
      // One of them may be to blame, and only that one should hear of it.
      for (const { input, resolve, reject } of asked)
        await this.#batch([input]).then(([answer]) => resolve(answer as Answer), reject)
    }
  }
}
