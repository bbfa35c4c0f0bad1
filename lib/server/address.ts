import { BlockList, isIP, isIPv6 } from 'node:net'
import { MortiseError } from '../errors/index.js'
import type { Settings } from './schema.js'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether a host name or address means this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare)) return loopback.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4')
  return bare.toLowerCase() === 'localhost'
}

/**
 * Whose certificate the server shows: that of the operator's files, which go first; its own, of the built-in authority, wherever plain HTTP
 * would show tokens and secrets to a network; or none.
 */
export function tlsSource({ http, tls }: Settings): 'files' | 'own' | 'none' {
  if (tls.certificate !== undefined) return 'files'
  if (tls.own || tls.clientCertificates) return 'own'
  return isLoopback(http.host) || http.trustedProxies.length > 0 ? 'none' : 'own'
}

/** @throws MORTISE_SERVER_REFUSED for settings that would let in whoever should not come in */
export function requireSafeListener({ http, kmip, tls, login }: Settings): void {
  if ((tls.certificate === undefined) !== (tls.key === undefined)) {
    throw new MortiseError('MORTISE_SERVER_REFUSED', 'TLS needs both tls.certificate and tls.key')
  }
  if (tls.clientCertificates && http.trustedProxies.length > 0) {
    throw new MortiseError(
      'MORTISE_SERVER_REFUSED',
      'behind http.trustedProxies every certificate is that of a proxy: leave out tls.clientCertificates',
    )
  }
  const exposed = [http.host, ...(kmip.host === undefined ? [] : [kmip.host])].find(
    (host) => !isLoopback(host),
  )
  if (login === 'none' && exposed !== undefined) {
    throw new MortiseError(
      'MORTISE_SERVER_REFUSED',
      `login none lets everybody in, so it is for loopback only: listen on 127.0.0.1, not on ${exposed}`,
    )
  }
}
