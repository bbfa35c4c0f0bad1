import { join, resolve } from 'node:path'
import { hardenProcess } from '../core/index.js'
import { tlsSource } from './address.js'
import type { Config } from './config.js'
import { adminName, passwordFile, rootFile, tokenFile } from './first_start.js'
import { trustedIssuer } from './issuers.js'
import { type RunningServer, startServer } from './server.js'
import type { Ask } from './tokens.js'
import { packageVersion } from './version.js'

/**
 * Serves until SIGTERM or SIGINT, as this process's one task: answers what is under way, then exits with 0. A second
 * signal ends it at once.
 */
export async function serve({ settings, warnings }: Config, ask?: Ask): Promise<void> {
  hardenProcess()
  const server = await startServer(settings, ask)
  const { log } = server
  for (const warning of warnings) log.warn(warning)
  if (settings.audit.checkpointDirectory === undefined) {
    log.warn(
      'checkpoints of the audit trail are kept in the database alone: set audit.checkpointDirectory to a place outside it',
    )
  }
  for (const { issuer, audiences } of settings.jwt.authProvider.map(trustedIssuer)) {
    if (audiences?.length !== 0) continue
    log.warn(`every token of ${issuer} lets its bearer in, whoever it is for: name an audience`)
  }
  process.once('uncaughtException', (err) => {
    log.fatal({ err }, 'uncaught error')
    process.exit(1)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(server, signal))
  process.stderr.write(announcement(server, settings))
  log.info({ url: server.url, directory: resolve(settings.directory), version: packageVersion }, 'serving')
}

let stopping = false

async function stop({ log, close }: RunningServer, signal: NodeJS.Signals): Promise<void> {
  if (stopping) process.exit(1)
  stopping = true
  log.info({ signal }, 'stopping')
  try {
    await close()
    process.exit(0)
  } catch (err) {
    log.fatal({ err }, 'could not stop in order')
    process.exit(1)
  }
}

/** One screen for whoever started it. */
function announcement(
  { url, kmip, publicUrl, isFirstStart }: RunningServer,
  settings: Config['settings'],
): string {
  const { directory, login, admin } = settings
  const data = resolve(directory)
  const lines = [
    '',
    `Mortise ${packageVersion} serves ${url}`,
    '',
    `  data directory   ${data}`,
    `  administrator    ${adminName}`,
    `  token            ${join(data, tokenFile)}`,
  ]
  if (isFirstStart && admin.password === undefined)
    lines.push(`  password         ${join(data, passwordFile)}`)
  if (tlsSource(settings) === 'own' || (kmip !== undefined && tlsSource(settings) === 'none'))
    lines.push(`  root certificate ${join(data, rootFile)}`)
  if (kmip !== undefined) lines.push(`  KMIP             ${kmip}`)
  if (publicUrl !== null) lines.push(`  CRLs and OCSP    ${publicUrl}`)
  lines.push(`  API              ${url}/openapi.json`, '')
  if (login === 'none') {
    lines.push(
      '  WARNING: login is none. Whoever reaches this port is the administrator. For development only.',
      '',
    )
  }
  return `${lines.join('\n')}\n`
}
