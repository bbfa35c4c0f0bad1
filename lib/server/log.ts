import pino, { type Logger } from 'pino'
import type { Settings } from './schema.js'

/** Fields that may hold secrets, wherever in a logged object they stand. */
const secrets = [
  'authorization',
  'password',
  'current',
  'token',
  'text',
  'plaintext',
  'material',
  'data',
  'passphrase',
  'hex',
]

/** The log: JSON lines on standard output. */
export function openLog({ log }: Settings): Logger {
  return pino({
    name: 'mortise',
    level: log.level,
    redact: {
      paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[secret]',
    },
  })
}
