#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { isMortiseError } from '../errors/index.js'
import { packageVersion } from '../server/index.js'
import { accessCommands } from './commands/access.js'
import { auditCommands } from './commands/audit.js'
import { backupCommands } from './commands/backup.js'
import { barrierCommands } from './commands/barrier.js'
import { configCommands } from './commands/config.js'
import { dataCommands } from './commands/data.js'
import { fileCommands } from './commands/files.js'
import { grantCommands } from './commands/grants.js'
import { groupCommands } from './commands/groups.js'
import { jobCommands } from './commands/jobs.js'
import { keyCommands } from './commands/keys.js'
import { loginCommand } from './commands/login.js'
import { policyCommands } from './commands/policy.js'
import { principalCommands } from './commands/principals.js'
import { roleCommands } from './commands/roles.js'
import { selfTestCommand } from './commands/self_test.js'
import { serveCommand } from './commands/serve.js'
import { tokenCommands } from './commands/tokens.js'

/** Exit codes: 0 done, 1 it failed, 2 it was asked wrongly. */
const failed = 1
const misused = 2

const program = new Command('mortise')
  .description('A key manager: on a data directory in this process, or against a server with --url.')
  .version(packageVersion)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'mortise: ')) })
  .showHelpAfterError('(--help explains)')

for (const add of [
  serveCommand,
  keyCommands,
  jobCommands,
  fileCommands,
  dataCommands,
  grantCommands,
  accessCommands,
  groupCommands,
  roleCommands,
  principalCommands,
  tokenCommands,
  loginCommand,
  auditCommands,
  backupCommands,
  barrierCommands,
  configCommands,
  policyCommands,
  selfTestCommand,
]) {
  add(program)
}

// Whoever reads our output may have had enough of it: `mortise keys list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : failed),
)

try {
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
