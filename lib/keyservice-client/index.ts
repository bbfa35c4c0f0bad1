/**
 * Both other sides of a keyservice (docs/keyservice.md): {@link KeyserviceClient} is the user's, in a browser; {@link connectUser} is the
 * real service's. It needs fetch and WebCrypto, and nothing else of Mortise.
 */
export {
  type InitToken,
  type KeptKey,
  KeyserviceClient,
  KeyserviceSession,
  type PutOptions,
} from './client.js'
export { type ConnectInput, connectUser } from './connect.js'
export { KeyserviceError, type KeyserviceLocation } from './request.js'
export {
  type Credentials,
  hashOfInitToken,
  type RequestToSign,
  signatureHeaders,
} from './sessionist.js'
