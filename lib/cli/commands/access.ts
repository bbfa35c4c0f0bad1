import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ExplainInput } from '../../core/index.js'
import { print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface ExplainOptions extends TargetOptions {
  readonly input?: NonNullable<ExplainInput['input']>
}

export function accessCommands(program: Command): void {
  const access = program.command('access').description('Who may do what, and why.')

  addTargetOptions(access.command('explain <principal> <operation> [object]'))
    .description('Whether somebody may do something, and each reason in order. Exits with 1 when it may not.')
    .addOption(
      new Option('--input <json>', 'what else the operation is asked, where it depends on it').argParser(
        inputOf,
      ),
    )
    .action(
      async (
        principal: string,
        operation: string,
        object: string | undefined,
        { input, ...options }: ExplainOptions,
      ) => {
        const asked = {
          principal,
          operation,
          ...(object !== undefined && { object }),
          ...(input && { input }),
        }
        const explanation = await withClient(options, ({ keys }) => keys.explainAccess(asked))
        const { allowed, code, steps } = explanation
        print(options, explanation, () =>
          [
            allowed ? 'allowed' : `refused (${code})`,
            '',
            table(
              ['CHECK', 'PERMISSION', 'VERDICT', 'REASON'],
              steps.map(({ check, permission, verdict, reason }) => [check, permission, verdict, reason]),
            ),
          ].join('\n'),
        )
        if (!allowed) process.exitCode = 1
      },
    )
}

function inputOf(text: string): NonNullable<ExplainInput['input']> {
  try {
    const value: unknown = JSON.parse(text)
    if (value && typeof value === 'object' && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('write a JSON object')
}
