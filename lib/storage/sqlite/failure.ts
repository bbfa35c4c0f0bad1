import { type ErrorCode, type ErrorDetails, isMortiseError, MortiseError } from '../../errors/index.js'

/** A MortiseError as it crosses between the threads. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly details: ErrorDetails
}

/** What SQLite's result codes (https://www.sqlite.org/rescode.html) mean to a caller. */
const meanings: readonly (readonly [prefix: string, code: ErrorCode, message: string])[] = [
  ['SQLITE_CORRUPT', 'MORTISE_STORAGE_CORRUPT', 'the store is damaged: restore it from a backup'],
  [
    'SQLITE_NOTADB',
    'MORTISE_STORAGE_CORRUPT',
    'the file is not a store of Mortise, or its first page is damaged',
  ],
  [
    'SQLITE_FULL',
    'MORTISE_STORAGE_FULL',
    'the disk of the store is full: nothing was changed; make room and repeat',
  ],
  [
    'SQLITE_BUSY',
    'MORTISE_STORAGE_UNAVAILABLE',
    'another process has kept the store locked for 10 seconds: nothing was changed; repeat, or end that process',
  ],
  [
    'SQLITE_READONLY',
    'MORTISE_STORAGE_UNAVAILABLE',
    'the store is read-only: give this user the right to write its directory and files',
  ],
  [
    'SQLITE_CANTOPEN',
    'MORTISE_STORAGE_UNAVAILABLE',
    'the store cannot be opened: give this user the right to read and write its directory and files',
  ],
  ['SQLITE_CONSTRAINT', 'MORTISE_INTERNAL', 'the change breaks a rule of the store: nothing was changed'],
  [
    'SQLITE_IOERR_FSYNC',
    'MORTISE_STORAGE_UNAVAILABLE',
    'the disk of the store fails to sync: the change was undone, but may be there after a restart; look after the disk',
  ],
  [
    'SQLITE_IOERR',
    'MORTISE_STORAGE_UNAVAILABLE',
    'the disk of the store fails to read or write: nothing was changed',
  ],
]

export function sqliteCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined
}

export function toFailure(error: unknown): Failure {
  if (isMortiseError(error)) return { code: error.code, message: error.message, details: error.details }
  const sqlite = sqliteCode(error)
  const text = error instanceof Error ? error.message : String(error)
  if (sqlite === undefined)
    return { code: 'MORTISE_INTERNAL', message: `the store failed: ${text}`, details: {} }
  const [, code, message] = meanings.find(([prefix]) => sqlite.startsWith(prefix)) ?? [
    '',
    'MORTISE_STORAGE_UNAVAILABLE' as const,
    `the store refuses the statement: ${text}`,
  ]
  return { code, message, details: { sqlite } }
}

export function fromFailure({ code, message, details }: Failure): MortiseError {
  return new MortiseError(code, message, { details })
}
