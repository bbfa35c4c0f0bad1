import { Command } from 'commander'
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

/** Every command with its options; docs/cli.md is made from it. */
export function buildProgram(): Command {
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
  return program
}
