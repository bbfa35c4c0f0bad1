import { ask, type KeyserviceLocation } from './request.js'
import type { Credentials } from './sessionist.js'

export interface ConnectInput {
  readonly namespace: string
  /** As the real service knows the user, for ever. */
  readonly userId: string
  /** From the user's client. */
  readonly initTokenHash: string
}

/**
 * What the real service does for a user who has logged in there: connects its client's init token.
 *
 * @param service its key id and the secret that it shares with the keyservice, which never reaches a client
 * @returns the session token, for the client
 * @throws KeyserviceError, of status 404 for an init token that has expired or was connected before
 */
export async function connectUser(
  location: KeyserviceLocation,
  service: Credentials,
  { namespace, userId, initTokenHash }: ConnectInput,
): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify({ namespace, userId, initTokenHash }))
  const headers = { 'content-type': 'application/json' }
  const answer = await ask(location, 'POST', 'connect', { credentials: service, payload, headers })
  return ((await answer.json()) as { readonly sessionToken: string }).sessionToken
}
