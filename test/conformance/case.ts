/** One message of a case, as it is printed. */
export interface Exchange {
  readonly request: string
  readonly response: string
  /** Whether the request is sent again until the answer is the one that is printed. */
  readonly repeats: boolean
}

/**
 * The messages of a case. Some print the two sides of a batch apart, and some end with a closing element too many: whatever is not a
 * message is passed by, and so is a message that is commented out.
 */
export function exchangesOf(text: string): Exchange[] {
  const xml = text.replaceAll(/<!--.*?-->/gs, (comment) => (comment.includes('Message>') ? '' : comment))
  const messages = Array.from(
    xml.matchAll(/<(RequestMessage|ResponseMessage)\b[\s\S]*?<\/\1>/g),
    ({ 0: text, 1: kind, index }) => ({
      kind,
      text,
      repeats: xml.slice(0, index).split('</ResponseMessage>').at(-1)?.includes('[REPEAT] until') ?? false,
    }),
  )
  const exchanges: Exchange[] = []
  for (let i = 0; i < messages.length; i++) {
    const [one, next] = [messages[i], messages[i + 1]]
    if (one?.kind !== 'RequestMessage') continue
    exchanges.push({
      request: one.text,
      response: next?.kind === 'ResponseMessage' ? next.text : '',
      repeats: one.repeats,
    })
  }
  return exchanges
}
