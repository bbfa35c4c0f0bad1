import { constants, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { SecureContextOptions, Server, TlsOptions } from 'node:tls'
import type { Logger } from 'pino'
import type { AlternativeNames, KeyManager, ServerCertificate } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import { tlsSource } from './address.js'
import { rootFile } from './first_start.js'
import { writePublic } from './private_file.js'
import type { Settings } from './schema.js'

/** What a TLS listener is made of. */
type ListenerOptions = SecureContextOptions & Pick<TlsOptions, 'handshakeTimeout'>

/** What every TLS listener of this server shows of it. */
export interface ServerTls {
  /** For `createServer`: certificate chain, key and the versions of TLS. */
  readonly options: ListenerOptions
  /** When its certificate ends: milliseconds since 1970. */
  readonly notAfter: number
  /**
   * Gives a listener each certificate that takes the place of the one before; connections that are open go on.
   *
   * @param more what else its contexts are made of
   */
  follow(server: Pick<Server, 'setSecureContext'>, more?: SecureContextOptions): void
  stop(): Promise<void>
}

/**
 * TLS as the settings have it: with the files of the operator, or with a certificate of the built-in authority that is renewed by itself.
 *
 * @returns undefined where plain HTTP will do
 * @throws MORTISE_SERVER_REFUSED for files that cannot be read, MORTISE_CERTIFICATE_REFUSED for names that are none
 */
export async function openTls(
  keyManager: KeyManager,
  settings: Settings,
  log: Logger,
): Promise<ServerTls | undefined> {
  const source = tlsSource(settings)
  if (source === 'none') return undefined
  return source === 'files' ? ofFiles(settings) : openOwnTls(keyManager, settings, log)
}

/** A handshake takes ten seconds at most, also while the server stops. */
const usual = { minVersion: 'TLSv1.2', handshakeTimeout: 10_000 } as const

function ofFiles({ tls: { certificate = '', key = '' } }: Settings): ServerTls {
  const cert = readPem(certificate)
  return {
    options: { cert, key: readPem(key), ...usual },
    notAfter: endOf(certificate, cert),
    follow: () => undefined,
    stop: async () => undefined,
  }
}

/** With a certificate of the built-in authority, whatever else is served without TLS. */
export async function openOwnTls(
  keyManager: KeyManager,
  settings: Settings,
  log: Logger,
): Promise<ServerTls> {
  const followers: {
    readonly server: Pick<Server, 'setSecureContext'>
    readonly more: SecureContextOptions
  }[] = []
  const path = join(settings.directory, rootFile)
  let options: ListenerOptions = usual
  let end = 0
  let written: Promise<void> = Promise.resolve()
  const changed = ({ chain, privateKey, root, notAfter }: ServerCertificate) => {
    end = notAfter
    options = { cert: chain, key: privateKey, ...usual }
    for (const { server, more } of followers) server.setSecureContext({ ...options, ...more })
    log.info(
      { notAfter: new Date(notAfter).toISOString() },
      'a certificate of the built-in authority for TLS',
    )
    written = written
      .then(() => keepRoot(path, root))
      .catch((err: unknown) => {
        log.warn({ err }, `the root certificate cannot be written to ${path}`)
      })
  }
  const failed = (err: unknown) => log.warn({ err }, 'the certificate for TLS could not be renewed')
  const kept = await keyManager.keepCertificate(namesOf(settings), { changed, failed })
  await written
  return {
    get options() {
      return options
    },
    get notAfter() {
      return end
    },
    follow: (server, more = {}) => followers.push({ server, more }),
    stop: () => kept.stop(),
  }
}

/**
 * For a listener that asks its clients for certificates. Whose one is, connections say with each request, and not TLS when it is shown.
 * A TLS session that is resumed would have lost the authorities that the client has sent, so that none is; and another certificate takes
 * another connection.
 */
export const forClientCertificates: SecureContextOptions = {
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
}

/** What clients may call this server. */
function namesOf({ http, kmip, tls }: Settings): AlternativeNames {
  const own = hostname()
  const hosts = [http.host, ...(kmip.host === undefined ? [] : [kmip.host])].filter(
    (host) => !isWildcard(host),
  )
  const given = [...tls.names, ...hosts, ...(isHost(own) ? [own] : [])]
  const all = [...new Set([...given, 'localhost', '127.0.0.1', '::1'].map((name) => name.toLowerCase()))]
  return { dns: all.filter((name) => !isIP(name)), ip: all.filter((name) => isIP(name)) }
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

/** Machines may be called what is no DNS name. */
function isHost(name: string): boolean {
  return /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i.test(name) && name.length <= 253
}

async function keepRoot(path: string, pem: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) !== pem) await writePublic(path, pem)
}

/** @throws MORTISE_SERVER_REFUSED for what is no certificate */
function endOf(path: string, pem: Buffer): number {
  try {
    return Date.parse(new X509Certificate(pem).validTo)
  } catch (cause) {
    throw new MortiseError('MORTISE_SERVER_REFUSED', `${path} has no certificate in it`, { cause })
  }
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new MortiseError('MORTISE_SERVER_REFUSED', `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    })
  }
}
