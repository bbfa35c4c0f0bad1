import { fileURLToPath } from 'node:url'
import { Server } from './harness/index.js'

const program = new URL('../lib/cli/main.js', import.meta.url)
/** Of the command `mortise`. */
export const mortisePath = fileURLToPath(program)

/**
 * `mortise serve` as it is started, but that no caller asks too often.
 *
 * @param flags for the port that it is waited for on
 */
export function mortiseServer(
  directory: string,
  flags: (port: string) => readonly string[],
): Promise<Server> {
  return Server.start(program, (port) => ['serve', '--directory', directory, ...flags(port)], {
    MORTISE_MEMORY_LOCK: 'preferred',
    MORTISE_LIMITS_REQUESTS: '1000000',
  })
}
