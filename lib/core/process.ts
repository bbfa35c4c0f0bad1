import { native, type SelfTestResult } from '../native/index.js'

/** Makes this process undumpable and sets its core limit to 0: for servers, never for a host that embeds Mortise. */
export function hardenProcess(): void {
  native.hardenProcess()
}

/** The OpenSSL that is in use, for instance `OpenSSL 3.5.8`. */
export function opensslVersion(): string {
  return native.opensslVersion
}

/** Runs the known-answer tests of every algorithm now; they also run when the package is loaded. */
export function selfTest(): SelfTestResult[] {
  return native.selfTest()
}
