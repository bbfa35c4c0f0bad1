import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { MortiseError } from '../errors/index.js'

/** argon2id (RFC 9106), the package's default variant, at OWASP's recommended cost: 19 MiB, 2 passes, 1 lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Threads that Node has for such work: files and names are looked up on them as well. */
const threads = Number(process.env['UV_THREADPOOL_SIZE']) || 4
/** At once: more would not be faster, and each takes its memory. */
const most = Math.max(1, Math.min(availableParallelism(), threads))
/** How many more may wait, each a few hundred bytes: a second or two of work. */
const mostWaiting = 128

let running = 0
const waiting: (() => void)[] = []

/** Hashes a password, in the PHC string format. @throws MORTISE_RATE_LIMITED */
export function stretch(password: string): Promise<string> {
  return inTurn(() => hash(password, cost))
}

/** Whether a password is the one that was hashed, at whatever cost. @throws MORTISE_RATE_LIMITED */
export function isStretched(hashed: string, password: string): Promise<boolean> {
  return inTurn(() => verify(hashed, password))
}

/** Whoever comes when too many wait is refused before anything is done for it. */
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= most) {
    if (waiting.length >= mostWaiting) {
      throw new MortiseError('MORTISE_RATE_LIMITED', 'too many logins at once: try again in a few seconds')
    }
    // The turn is handed over, so that nobody comes in between.
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
