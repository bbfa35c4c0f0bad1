import type { Socket } from 'node:net'
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'

type Chain = readonly Uint8Array[]

const chains = new WeakMap<Socket, Chain>()

/**
 * What {@link shownBy} says of a request. Undefined where the client has shown none, and for a request that a browser makes for a page
 * of another site: it would show the certificate of whoever sits before it.
 */
export function chainOf({ raw, headers }: FastifyRequest): Chain | undefined {
  const { socket } = raw
  const chain = socket instanceof TLSSocket ? shownBy(socket) : []
  return chain.length > 0 && isOwnSite(headers) ? chain : undefined
}

/**
 * The certificates that a TLS client has shown, its own first (DER), as far as each is issued by the next (RFC 5246 section 7.4.2):
 * the same array for as long as its connection lasts.
 */
export function shownBy(socket: TLSSocket): Chain {
  const known = chains.get(socket) ?? read(socket)
  chains.set(socket, known)
  return known
}

function read(socket: TLSSocket): Chain {
  const chain: Uint8Array[] = []
  const certificate = socket.getPeerCertificate(true)
  for (
    let one: Partial<DetailedPeerCertificate> | undefined = certificate;
    one?.raw;
    one = one.issuerCertificate
  ) {
    const { raw } = one
    if (chain.some((before) => raw.equals(before))) break
    chain.push(raw)
  }
  return chain
}

/** Fetch Metadata says it, and before there was that, Origin. Whatever is no browser has neither. */
function isOwnSite({ 'sec-fetch-site': site, origin, host }: FastifyRequest['headers']): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return origin === undefined || origin === `https://${host}`
}
