import { type Command, Option } from 'commander'
import {
  type NewQuorumPolicy,
  type QuorumAct,
  type QuorumPolicy,
  type QuorumPolicyName,
  type QuorumRequest,
  quorumActs,
  type Scope,
} from '../../core/index.js'
import { wholeNumber } from '../input.js'
import { date, facts, print, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { scopeHelp, scopeOf, scopeText } from '../scope.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface PolicyOptions extends TargetOptions {
  readonly scope?: Scope
}

interface SetOptions extends PolicyOptions {
  readonly approvals?: number
  readonly group: string
  readonly lifetime?: number
}

export function quorumCommands(program: Command): void {
  const quorum = program.command('quorum').description('What one does only once others have approved it.')
  const policies = quorum
    .command('policy')
    .description(`Which acts need approvals: ${quorumActs.join(', ')}. None by default.`)

  addPolicyOptions(policies.command('set <act>'))
    .description('Ask for approvals of an act, or change how. A change needs those that the policy asks for.')
    .requiredOption('--group <group>', 'whose members may approve: id or name')
    .option('--approvals <number>', 'how many must, besides whoever acts: 1 to 20, default 2', wholeNumber)
    .option(
      '--lifetime <seconds>',
      'after which a request is gone with its approvals: 60 to 2592000, default 86400',
      wholeNumber,
    )
    .action(async (act: QuorumAct, options: SetOptions) => {
      const { group, approvals, lifetime } = options
      const policy: NewQuorumPolicy = {
        ...nameOf(act, options),
        group,
        ...(approvals !== undefined && { approvals }),
        ...(lifetime !== undefined && { lifetime }),
      }
      printPolicy(options, await withClient(options, ({ keys }) => keys.setQuorumPolicy(policy)))
    })

  addTargetOptions(policies.command('list'))
    .description('The policies that there are.')
    .action(async (options: TargetOptions) => {
      const found = await withClient(options, ({ keys }) => keys.quorumPolicies())
      print(options, { policies: found }, () =>
        table(
          ['ACT', 'SCOPE', 'APPROVALS', 'GROUP', 'LIFETIME'],
          found.map(({ act, scope, approvals, group, groupName, lifetime }) => [
            act,
            scopeText(scope),
            approvals,
            groupName ?? group,
            lifetime,
          ]),
        ),
      )
    })

  addPolicyOptions(policies.command('remove <act>'))
    .description('Ask for no approvals any more. Needs those that the policy asks for.')
    .addOption(
      new Option(
        '--as-host',
        'as the process that has the root key, without approvals: the way out when nobody can give them',
      ).conflicts(['as', 'url']),
    )
    .action(async (act: QuorumAct, options: PolicyOptions) => {
      const removed = await withClient(options, ({ keys }) => keys.removeQuorumPolicy(nameOf(act, options)))
      printPolicy(options, removed)
    })

  addPageOptions(quorum.command('requests'))
    .description('What waits for approvals: your own and what you may approve, or all with AuditRead.')
    .action(async (options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.quorumRequests(pageOf(options)))
      printPage(options, page, () =>
        table(
          ['REQUEST', 'WHO', 'OPERATION', 'OBJECTS', 'INPUT', 'APPROVALS', 'EXPIRES'],
          page.requests.map((request) => [
            request.id,
            request.principalName ?? request.principal,
            request.operation,
            request.objects.map(({ id, name, keyVersion }) => `${name ?? id} ${keyVersion}`).join(', '),
            JSON.stringify(request.input),
            request.standing
              .map(({ given, needed, group, groupName }) => `${given}/${needed} ${groupName ?? group}`)
              .join(', '),
            date(request.expires),
          ]),
        ),
      )
    })

  addTargetOptions(quorum.command('approve <request>'))
    .description('Approve what somebody else wants to do. It does it by asking again.')
    .action(async (request: string, options: TargetOptions) => {
      printRequest(options, await withClient(options, ({ keys }) => keys.approve(request)))
    })

  addTargetOptions(quorum.command('reject <request>'))
    .description('End a request of your own, or one that you might approve.')
    .action(async (request: string, options: TargetOptions) => {
      printRequest(options, await withClient(options, ({ keys }) => keys.reject(request)))
    })
}

function addPolicyOptions(command: Command): Command {
  return addTargetOptions(command).addOption(
    new Option('--scope <scope>', `${scopeHelp}; every object without it`).argParser(scopeOf),
  )
}

function nameOf(act: QuorumAct, { scope }: PolicyOptions): QuorumPolicyName {
  return { act, ...(scope && { scope }) }
}

function printPolicy(options: TargetOptions, policy: QuorumPolicy): void {
  print(options, policy, () => facts({ ...policy, scope: scopeText(policy.scope) }))
}

function printRequest(options: TargetOptions, request: QuorumRequest): void {
  print(options, request, () =>
    facts({
      request: request.id,
      principal: request.principal,
      operation: request.operation,
      objects: request.objects.map(({ id }) => id),
      approvals: request.approvals.map(({ principal }) => principal),
      expires: date(request.expires),
    }),
  )
}
