import { type Command, Option } from 'commander'
import type { FactorMethod, FactorPolicy } from '../../core/index.js'
import { answerChallenge } from '../factor_code.js'
import { collect, readSecret, wholeNumber } from '../input.js'
import { date, facts, print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface EnrolOptions extends TargetOptions {
  readonly label?: string
}

interface OwnerOptions extends TargetOptions {
  readonly principal?: string
}

interface PolicyOptions extends TargetOptions {
  readonly principal?: readonly string[]
  readonly group?: readonly string[]
  readonly role?: readonly string[]
  readonly method?: readonly FactorMethod[]
  readonly stepUp?: readonly string[]
  readonly minutes?: number
  readonly exemptTokens?: true
}

export function mfaCommands(program: Command): void {
  const mfa = program.command('mfa').description('Second factors: one’s own, and who needs one.')

  addTargetOptions(mfa.command('enrol'))
    .description(
      'Begin to enrol an authenticator app: prints a QR code to scan. Confirm it within 10 minutes.',
    )
    .option('--label <text>', 'what to call it')
    .action(async ({ label, ...options }: EnrolOptions) => {
      const input = { ...(label !== undefined && { label }) }
      const enrolment = await withClient(options, ({ keys }) => keys.enrolTotp(input))
      const { id, uri, secret } = enrolment
      const { qrText } = await import('../../core/index.js')
      print(
        options,
        enrolment,
        () => `${qrText(uri)}\n${facts({ secret, uri })}\nThen: mortise mfa confirm ${id}`,
      )
    })

  addTargetOptions(mfa.command('confirm <id>'))
    .description('Complete the enrolment with a code that the app shows, typed or from standard input.')
    .action(async (id: string, options: TargetOptions) => {
      const code = await readSecret('Code of the app: ')
      const factor = await withClient(options, ({ keys }) => keys.confirmTotp(id, code))
      print(options, factor, () => facts({ ...factor, created: date(factor.created) }))
    })

  addOwnerOption(addTargetOptions(mfa.command('list')))
    .description('Second factors, and how many recovery codes are left.')
    .action(async ({ principal, ...options }: OwnerOptions) => {
      const list = await withClient(options, ({ keys }) => keys.factors(principal))
      print(options, list, () => {
        const rows = list.factors.map(({ id, method, label, created }) => [id, method, label, date(created)])
        return `${table(['ID', 'METHOD', 'LABEL', 'ENROLLED'], rows)}\nrecovery codes left: ${list.recoveryCodes}`
      })
    })

  addOwnerOption(addTargetOptions(mfa.command('remove <id>')))
    .description('Remove a second factor. One’s own takes a factor that this login has proved lately.')
    .action(async (id: string, { principal, ...options }: OwnerOptions) => {
      await withClient(options, ({ keys }) => keys.removeFactor(id, principal))
    })

  addTargetOptions(mfa.command('codes'))
    .description('New recovery codes, in place of the old ones; each is good for one login. Printed once.')
    .action(async (options: TargetOptions) => {
      const codes = await withClient(options, ({ keys }) => keys.newRecoveryCodes())
      print(options, { codes }, () => codes.join('\n'))
    })

  addTargetOptions(mfa.command('prove'))
    .description(
      'Prove a second factor again, for what takes one that was proved lately. For logins to a server.',
    )
    .action(async (options: TargetOptions) => {
      const proved = await withClient(options, async ({ keys }) => {
        const { challenge, methods } = await keys.challengeFactor()
        return keys.proveFactor(await answerChallenge(challenge, methods))
      })
      print(options, proved, () => facts({ ...proved, at: date(proved.at) }))
    })

  policyCommands(mfa)
}

function policyCommands(mfa: Command): void {
  const policies = mfa.command('policy').description('Who needs a second factor, and for what.')

  addTargetOptions(policies.command('list'))
    .description('Every policy.')
    .action(async (options: TargetOptions) => {
      const all = await withClient(options, ({ keys }) => keys.factorPolicies())
      print(options, { policies: all }, () => table(headings, all.map(row)))
    })

  addTargetOptions(policies.command('set <name>'))
    .description('State a policy, in place of what it has said before.')
    .addOption(new Option('--principal <principal>', 'may be repeated: whom it is about').argParser(collect))
    .addOption(new Option('--group <group>', 'may be repeated').argParser(collect))
    .addOption(new Option('--role <role>', 'may be repeated: whoever has it').argParser(collect))
    .addOption(
      new Option('--method <method>', 'may be repeated: totp, passkey, recovery; default all').argParser(
        collect,
      ),
    )
    .addOption(
      new Option(
        '--step-up <operation>',
        'may be repeated: takes a factor proved lately, such as Export, Destroy, Backup, SetFactorPolicy',
      ).argParser(collect),
    )
    .option('--minutes <number>', 'how many minutes ago is lately; default 10', wholeNumber)
    .option('--exempt-tokens', 'API tokens may do these operations all the same')
    .action(async (name: string, options: PolicyOptions) => {
      const { principal, group, role, method, stepUp, minutes, exemptTokens, ...target } = options
      const input = {
        name,
        ...(principal && { principals: principal }),
        ...(group && { groups: group }),
        ...(role && { roles: role }),
        ...(method && { methods: method }),
        ...(stepUp && { stepUp }),
        ...(minutes !== undefined && { minutes }),
        ...(exemptTokens && { exemptTokens }),
      }
      const policy = await withClient(target, ({ keys }) => keys.setFactorPolicy(input))
      print(target, policy, () => facts({ ...policy }))
    })

  addTargetOptions(policies.command('delete <name>'))
    .description('Delete a policy.')
    .action(async (name: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.deleteFactorPolicy(name))
    })
}

const headings = ['NAME', 'PRINCIPALS', 'GROUPS', 'ROLES', 'METHODS', 'STEP UP', 'MINUTES']

function row({ name, principals, groups, roles, methods, stepUp, minutes }: FactorPolicy) {
  const lists = [principals, groups, roles, methods, stepUp].map((list) => list.join(', '))
  return [name, ...lists, minutes]
}

function addOwnerOption(command: Command): Command {
  return command.option('--principal <principal>', 'whose; default one’s own')
}
