import type { SignatureScheme } from '../../native/index.js'
import { bitBytes, nothing, sequence } from '../der/writer.js'
import { signatureIdentifier } from '../signature.js'

/** Signs for an authority. The key stays with who gives this. */
export interface Signer {
  /**
   * JOSE's name of what it makes: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, ES256K, EdDSA (Ed25519), Ed448. It stands
   * in what is signed as well.
   */
  readonly scheme: SignatureScheme
  /**
   * The signature of a message that is not hashed yet: ECDSA as DER (Ecdsa-Sig-Value, RFC 3279 section 2.2.3), EdDSA as in RFC 8032. What
   * it throws comes out of the building, so that it may look at the message and refuse.
   */
  sign(message: Buffer): Promise<Uint8Array> | Uint8Array
}

/** SIGNED (RFC 5280 section 4.1); in OCSP with something behind the signature. */
export async function signed(message: Buffer, signer: Signer, behind: Uint8Array = nothing): Promise<Buffer> {
  const signature = await signer.sign(message)
  return sequence(message, signatureIdentifier(signer.scheme), bitBytes(signature), behind)
}
