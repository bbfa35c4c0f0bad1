import { type Command, InvalidArgumentError, Option } from 'commander'
import { fiveInFifteen, type PasswordPolicy, type PolicyFields } from '../../core/index.js'
import { wholeNumber } from '../input.js'
import { facts, print, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

/** Options by the fields that they are of. */
const numbers = {
  minimumLength: ['--minimum-length', 'characters'],
  maximumLength: ['--maximum-length', 'characters'],
  minimumLowerCase: ['--lower-case', 'at least so many lower-case letters'],
  minimumUpperCase: ['--upper-case', 'at least so many upper-case letters'],
  minimumDigits: ['--digits', 'at least so many digits'],
  minimumOther: ['--other', 'at least so many other characters'],
  history: ['--history', 'so many of the last may not come again'],
  maximumAgeDays: ['--maximum-age', 'days after which it must be changed; 0 for never'],
  minimumAgeDays: ['--minimum-age', 'days before which its user may not change it again'],
} as const

interface FieldOptions extends TargetOptions {
  readonly lockout?: Pick<PolicyFields, 'lockoutThresholds' | 'lockoutWindowMinutes'>
}

export function passwordPolicyCommands(program: Command): void {
  const policies = program
    .command('password-policy')
    .description('What passwords must be, and when wrong ones lock an account.')

  addPageOptions(policies.command('list'))
    .description('The policies that there are; global is everybody’s who has none of its own.')
    .action(async (options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.passwordPolicies(pageOf(options)))
      printPage(options, page, () =>
        table(
          ['NAME', 'LENGTH', 'HISTORY', 'MAXIMUM AGE', 'LOCKOUT'],
          page.policies.map((policy) => [
            policy.name,
            `${policy.minimumLength}-${policy.maximumLength}`,
            policy.history,
            policy.maximumAgeDays,
            lockoutText(policy),
          ]),
        ),
      )
    })

  addFieldOptions(policies.command('create <name>'))
    .description('Make a policy for some accounts.')
    .action(async (name: string, options: FieldOptions) => {
      const input = { name, ...fieldsOf(options) }
      printPolicy(options, await withClient(options, ({ keys }) => keys.createPasswordPolicy(input)))
    })

  addFieldOptions(policies.command('set <policy>'))
    .description('Change what passwords must be from now on.')
    .action(async (policy: string, options: FieldOptions) => {
      const fields = fieldsOf(options)
      printPolicy(options, await withClient(options, ({ keys }) => keys.setPasswordPolicy(policy, fields)))
    })

  addTargetOptions(policies.command('delete <policy>'))
    .description('Delete a policy; accounts that name it have everybody’s.')
    .action(async (policy: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.deletePasswordPolicy(policy))
    })
}

function addFieldOptions(command: Command): Command {
  addTargetOptions(command)
  for (const [flag, what] of Object.values(numbers)) command.option(`${flag} <number>`, what, wholeNumber)
  return command.addOption(
    new Option(
      '--lockout <minutes>',
      'that the first, second, ... failure locks for (0,0,0,0,1,5,30), 5in15 for five failures in 15 minutes, or off',
    ).argParser(lockout),
  )
}

function lockout(text: string): FieldOptions['lockout'] {
  if (text === '5in15') return fiveInFifteen
  if (text === 'off') return { lockoutThresholds: [], lockoutWindowMinutes: 0 }
  if (!/^\d{1,6}(,\d{1,6})*$/.test(text)) {
    throw new InvalidArgumentError('it must be minutes with commas between, 5in15, or off')
  }
  return { lockoutThresholds: text.split(',').map(Number), lockoutWindowMinutes: 0 }
}

function fieldsOf({ lockout, ...options }: FieldOptions): PolicyFields {
  const given = options as Readonly<Record<string, unknown>>
  const fields = Object.entries(numbers).flatMap(([field, [flag]]) => {
    const name = flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    return given[name] === undefined ? [] : [[field, given[name]]]
  })
  return { ...Object.fromEntries(fields), ...lockout }
}

function lockoutText({
  lockoutThresholds: thresholds,
  lockoutWindowMinutes: window,
}: PasswordPolicy): string {
  if (thresholds.length === 0) return 'off'
  return `${thresholds.join()}${window > 0 ? ` within ${window}` : ''}`
}

function printPolicy(options: TargetOptions, policy: PasswordPolicy): void {
  print(options, policy, () => facts({ ...policy }))
}
