import { type App, authenticate, type Entrance, installProblems, type Log } from '../http/index.js'
import { certificateCalls } from './certificates.js'
import { coseCalls } from './cose_calls.js'
import { cryptographyCalls } from './cryptography.js'
import { keymanagerErrors } from './errors.js'
import { signatureCalls } from './signatures.js'
import { tokenOf } from './token.js'

export interface KeymanagerOptions extends Entrance {
  readonly log: Log
  /** Applications whose jwtSign signs what is no JSON too. */
  readonly anyPayload: readonly string[]
}

/**
 * MOSIP's Keymanager, as OpenSPP and OpenG2P call it: docs/keymanager.md says what is there. It translates: every call is one or two methods
 * of `session.keymanager` of whoever asks.
 */
export async function keymanagerFace(
  app: App,
  { log, anyPayload, ...entrance }: KeymanagerOptions,
): Promise<void> {
  installProblems(app, log, keymanagerErrors)
  authenticate(app, 'keymanager', entrance, tokenOf)
  cryptographyCalls(app)
  signatureCalls(app, anyPayload)
  certificateCalls(app)
  coseCalls(app)
}
