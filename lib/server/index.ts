import type { Config } from './config.js'
import type { Ask } from './tokens.js'

export { isLoopback, tlsSource } from './address.js'
export { loadConfig } from './config.js'
export { configurationDocs, showConfig } from './describe.js'
export { adminName, firstStart, rootFile, tokenFile } from './first_start.js'
export { keyManagerOptions } from './key_manager.js'
export { type Entry, entries, type Settings } from './schema.js'
export { packageVersion } from './version.js'

/** Serves until a signal ends it. Loaded only now: the command line should not wait for an HTTP server that it does not use. */
export async function serve(config: Config, ask?: Ask): Promise<void> {
  const server = await import('./serve.js')
  await server.serve(config, ask)
}
