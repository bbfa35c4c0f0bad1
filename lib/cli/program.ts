import { Command } from 'commander'
import { packageVersion } from '../server/index.js'

type Add = (program: Command) => void

/** Where the commands are: one that is asked for is loaded alone, because most of the time of a command is loading. */
const homes: readonly { readonly names: readonly string[]; readonly load: () => Promise<Add> }[] = [
  { names: ['serve'], load: async () => (await import('./commands/serve.js')).serveCommand },
  { names: ['keys'], load: async () => (await import('./commands/keys.js')).keyCommands },
  { names: ['jobs'], load: async () => (await import('./commands/jobs.js')).jobCommands },
  { names: ['seal', 'open'], load: async () => (await import('./commands/files.js')).fileCommands },
  {
    names: ['encrypt', 'decrypt', 'sign', 'verify', 'mac', 'mac-verify', 'hash', 'random'],
    load: async () => (await import('./commands/data.js')).dataCommands,
  },
  { names: ['data-key'], load: async () => (await import('./commands/data_keys.js')).dataKeyCommands },
  { names: ['grant'], load: async () => (await import('./commands/grants.js')).grantCommands },
  { names: ['access'], load: async () => (await import('./commands/access.js')).accessCommands },
  { names: ['group'], load: async () => (await import('./commands/groups.js')).groupCommands },
  { names: ['role'], load: async () => (await import('./commands/roles.js')).roleCommands },
  { names: ['quorum'], load: async () => (await import('./commands/quorum.js')).quorumCommands },
  { names: ['principal'], load: async () => (await import('./commands/principals.js')).principalCommands },
  { names: ['user'], load: async () => (await import('./commands/users.js')).userCommands },
  { names: ['connection'], load: async () => (await import('./commands/connections.js')).connectionCommands },
  {
    names: ['password-policy'],
    load: async () => (await import('./commands/password_policies.js')).passwordPolicyCommands,
  },
  { names: ['session'], load: async () => (await import('./commands/sessions.js')).sessionCommands },
  { names: ['report'], load: async () => (await import('./commands/report.js')).reportCommand },
  { names: ['token'], load: async () => (await import('./commands/tokens.js')).tokenCommands },
  { names: ['client'], load: async () => (await import('./commands/clients.js')).clientCommands },
  { names: ['login'], load: async () => (await import('./commands/login.js')).loginCommand },
  { names: ['mfa'], load: async () => (await import('./commands/mfa.js')).mfaCommands },
  { names: ['ca', 'crl'], load: async () => (await import('./commands/authorities.js')).authorityCommands },
  {
    names: ['cert', 'csr'],
    load: async () => (await import('./commands/certificates.js')).certificateCommands,
  },
  { names: ['tls'], load: async () => (await import('./commands/tls.js')).tlsCommands },
  { names: ['audit'], load: async () => (await import('./commands/audit.js')).auditCommands },
  { names: ['backup', 'restore'], load: async () => (await import('./commands/backup.js')).backupCommands },
  { names: ['root', 'keyring'], load: async () => (await import('./commands/barrier.js')).barrierCommands },
  { names: ['hsm'], load: async () => (await import('./commands/hsm.js')).hsmCommands },
  { names: ['import'], load: async () => (await import('./commands/import.js')).importCommands },
  { names: ['config'], load: async () => (await import('./commands/config.js')).configCommands },
  { names: ['policy'], load: async () => (await import('./commands/policy.js')).policyCommands },
  {
    names: ['ciphertrust'],
    load: async () => (await import('./commands/ciphertrust.js')).ciphertrustCommands,
  },
  { names: ['keyservice'], load: async () => (await import('./commands/keyservice.js')).keyserviceCommands },
  {
    names: ['keymanager'],
    load: async () => (await import('./commands/keymanager.js')).keymanagerCommands,
  },
  { names: ['self-test'], load: async () => (await import('./commands/self_test.js')).selfTestCommand },
]

/**
 * The program with its options and commands.
 *
 * @param asked the one command that is wanted; anything else, help among it, takes all of them; docs/cli.md is made from these
 */
export async function buildProgram(asked?: string): Promise<Command> {
  const program = new Command('mortise')
    .description('A key manager: on a data directory in this process, or against a server with --url.')
    .version(packageVersion)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'mortise: ')) })
    .showHelpAfterError('(--help explains)')
  for (const { load } of homesOf(asked)) (await load())(program)
  return program
}

function homesOf(asked: string | undefined): typeof homes {
  if (asked === '--version' || asked === '-V') return []
  const home = homes.find(({ names }) => names.some((name) => name === asked))
  return home ? [home] : homes
}
