import { MortiseError } from '../../errors/index.js'
import type { Principal } from '../../operation/index.js'
import { challengePeriod } from './challenges.js'
import type { StoredPasskey } from './factors.js'
import { issuer } from './otpauth.js'
import type { RelyingParty } from './relying_party.js'

/** COSE algorithms that are offered (RFC 9053): ECDSA on P-256, Ed25519, RSA with PKCS#1 1.5; each with SHA-256 or its own hash. */
const algorithms = [-7, -8, -257]

/** What `navigator.credentials.create` is called with, in JSON (WebAuthn level 3 section 5.1.9). */
export interface PasskeyCreation {
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  /** Base64url; to send with the answer. */
  readonly challenge: string
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  /** Milliseconds. */
  readonly timeout: number
  readonly excludeCredentials: readonly CredentialName[]
  readonly authenticatorSelection: { readonly residentKey: string; readonly userVerification: string }
  readonly attestation: 'none'
}

interface CredentialName {
  readonly type: 'public-key'
  /** Base64url. */
  readonly id: string
  readonly transports: readonly string[]
}

/** What the browser's `PublicKeyCredential.toJSON` says after `create`, as far as it is looked at. Bytes are base64url. */
export interface PasskeyRegistration {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[]
  }
}

/** The same after `get`. */
export interface PasskeyAssertion {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string
  }
}

/** What a passkey was found to be. */
export type NewPasskey = Pick<StoredPasskey, 'credential' | 'publicKey' | 'counter' | 'transports'>

/** @throws MORTISE_INPUT_INVALID where passkeys are not configured */
export function requireRelyingParty(party: RelyingParty | null): RelyingParty {
  if (party) return party
  throw new MortiseError('MORTISE_INPUT_INVALID', 'there are no passkeys here: set passkeys.rpId')
}

/** @param known passkeys that the principal has: an authenticator is not registered twice */
export function passkeyCreation(
  { rpId }: RelyingParty,
  { id, name }: Pick<Principal, 'id' | 'name'>,
  challenge: string,
  known: readonly StoredPasskey[],
): PasskeyCreation {
  return {
    rp: { id: rpId, name: issuer },
    user: { id: userHandle(id), name, displayName: name },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: challengePeriod,
    excludeCredentials: known.map(({ credential, transports }) => ({
      type: 'public-key',
      id: credential,
      transports,
    })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    attestation: 'none',
  }
}

/**
 * Checks what a browser says that it has registered (WebAuthn level 3 section 7.1).
 *
 * @throws MORTISE_INPUT_INVALID
 */
export async function verifyRegistration(
  { rpId, origins }: RelyingParty,
  challenge: string,
  { id, rawId, type, response }: PasskeyRegistration,
): Promise<NewPasskey> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const { clientDataJSON, attestationObject, transports = [] } = response
  try {
    await requireNoCertificates(attestationObject)
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...{ id, rawId, type: type as 'public-key', clientExtensionResults: {} },
        response: { clientDataJSON, attestationObject },
      },
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: false,
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified) throw new Error('the signature of the attestation is wrong')
    const { credential } = registrationInfo
    const publicKey = Buffer.from(credential.publicKey).toString('base64url')
    return { credential: credential.id, publicKey, counter: credential.counter, transports }
  } catch (cause) {
    const reason = (cause as Error).message
    throw new MortiseError('MORTISE_INPUT_INVALID', `the passkey is not accepted: ${reason}`, { cause })
  }
}

/**
 * Checks that a passkey has signed a challenge (WebAuthn level 3 section 7.2).
 *
 * @param alone whether it is the only factor: then the authenticator must have verified who uses it
 * @returns its counter now; undefined where anything is wrong
 */
export async function verifyAssertion(
  { rpId, origins }: RelyingParty,
  challenge: string,
  { id, rawId, type, response }: PasskeyAssertion,
  { principal, credential, publicKey, counter }: StoredPasskey,
  alone: boolean,
): Promise<number | undefined> {
  const { userHandle: owner, ...signed } = response
  // Without a user handle it is not resident, and was named to the browser.
  if (owner === undefined ? alone : owner !== userHandle(principal)) return undefined
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...{ id, rawId, type: type as 'public-key', clientExtensionResults: {} },
        response: signed,
      },
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      credential: { id: credential, publicKey: Buffer.from(publicKey, 'base64url'), counter },
      requireUserVerification: alone,
    })
    return verified ? authenticationInfo.newCounter : undefined
  } catch {
    // Whatever it was, somebody who is not known yet hears no more than that it was wrong.
    return undefined
  }
}

/** What authenticators know a principal by: its id, which is no secret and no name. */
function userHandle(principal: string): string {
  return Buffer.from(principal).toString('base64url')
}

/**
 * No attestation is asked for. One with certificates is refused before it is looked at: to check them the library would fetch
 * the revocation lists that they name, from wherever that is.
 */
async function requireNoCertificates(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  const attestation = decodeAttestationObject(Buffer.from(attestationObject, 'base64url'))
  const format = attestation.get('fmt')
  const certificates = attestation.get('attStmt').get('x5c')
  if (format === 'none' || (format === 'packed' && certificates === undefined)) return
  throw new Error('it comes with an attestation that was not asked for')
}
