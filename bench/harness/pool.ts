/** Sends one thing at a time and answers it. */
interface Sender<Sent, Answer> {
  send(sent: Sent): Promise<Answer>
}

/** Connections to a server, with one request at a time on each. */
export class Pool<Sent, Answer, One extends Sender<Sent, Answer>> {
  readonly all: readonly One[]
  readonly #idle: One[]

  constructor(all: readonly One[]) {
    this.all = all
    this.#idle = [...all]
  }

  /** A connection that has failed is not used again. */
  async send(sent: Sent): Promise<Answer> {
    const one = this.#idle.pop()
    if (!one) throw new Error('every connection is in use')
    const answer = await one.send(sent)
    this.#idle.push(one)
    return answer
  }
}
