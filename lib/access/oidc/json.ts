/** Milliseconds that an issuer has for an answer, and bytes that it may have. */
const patience = 5000
const largest = 262_144

/**
 * A JSON document of an issuer. Redirections are not followed: they would lead away from what the administrator has named.
 *
 * @throws Error that says what is wrong
 */
export async function getJson(url: string): Promise<unknown> {
  const text = await get(url)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${url} is no JSON`)
  }
}

async function get(url: string): Promise<string> {
  let size = 0
  const parts: Uint8Array[] = []
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(patience),
    })
    for await (const part of response.body ?? []) {
      size += part.length
      if (response.status !== 200 || size > largest) break
      parts.push(part)
    }
    if (response.status !== 200) throw new Error(`it answers ${response.status}`)
  } catch (error) {
    throw new Error(`${url} cannot be had: ${reasonOf(error as Error)}`)
  }
  if (size > largest) throw new Error(`${url} has more than ${largest} bytes`)
  return Buffer.concat(parts).toString()
}

/** What fetch says is that it has failed; why is in the cause. */
function reasonOf({ name, message, cause }: Error): string {
  if (name === 'TimeoutError') return `no answer in ${patience} ms`
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message
}
