#!/usr/bin/env node
import { CommanderError } from 'commander'
import { isMortiseError } from '../errors/index.js'
import { buildProgram } from './program.js'

/** Exit codes: 0 done, 1 it failed, 2 it was asked wrongly. */
const failed = 1
const misused = 2

// Whoever reads our output may have had enough of it: `mortise keys list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : failed),
)

try {
  const program = await buildProgram(process.argv[2])
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

/** One line on standard error, and the exit code. */
function report(error: unknown): number {
  // Commander has said what is wrong by itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misused
  if (isMortiseError(error)) {
    process.stderr.write(`mortise: ${error.message} (${error.code})\n`)
    return error.code === 'MORTISE_CONFIG_INVALID' ? misused : failed
  }
  // Files that cannot be read or written say so themselves; anything else is a fault of ours and needs its stack.
  const { code, message, stack } = error as NodeJS.ErrnoException
  process.stderr.write(`mortise: ${code === undefined ? stack : message}\n`)
  return failed
}
