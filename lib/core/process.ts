import { native } from '../native/index.js'

/** Makes this process undumpable and sets its core limit to 0: for servers, never for a host that embeds Mortise. */
export function hardenProcess(): void {
  native.hardenProcess()
}

/** The OpenSSL that is in use, for instance `OpenSSL 3.5.8`. */
export function opensslVersion(): string {
  return native.opensslVersion
}
