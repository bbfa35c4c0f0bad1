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

/** @throws MORTISE_SERVER_REFUSED for settings that would expose keys, tokens or passwords */
export function requireSafeListener({ http, tls, login }: Settings): void {
  if ((tls.certificate === undefined) !== (tls.key === undefined)) {
    throw new MortiseError('MORTISE_SERVER_REFUSED', 'TLS needs both tls.certificate and tls.key')
  }
  if (tls.clientCertificates && tls.certificate === undefined) {
    throw new MortiseError(
      'MORTISE_SERVER_REFUSED',
      'tls.clientCertificates needs TLS: set tls.certificate and tls.key',
    )
  }
  if (tls.clientCertificates && http.trustedProxies.length > 0) {
    throw new MortiseError(
      'MORTISE_SERVER_REFUSED',
      'behind http.trustedProxies every certificate is that of a proxy: leave out tls.clientCertificates',
    )
  }
  if (isLoopback(http.host)) return
  if (login === 'none') {
    throw new MortiseError(
      'MORTISE_SERVER_REFUSED',
      `login none lets everybody in, so it is for loopback only: listen on 127.0.0.1, not on ${http.host}`,
    )
  }
  if (tls.certificate === undefined && http.trustedProxies.length === 0) {
    throw new MortiseError(
      'MORTISE_SERVER_REFUSED',
      `plain HTTP on ${http.host} would show tokens and secrets to the network: set tls.certificate and tls.key, ` +
        'or name the proxies that end TLS in http.trustedProxies',
    )
  }
}
