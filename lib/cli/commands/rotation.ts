import type { Command } from 'commander'
import type { RotationAnswer, SetRotationInput } from '../../core/index.js'
import { wholeNumber } from '../input.js'
import { facts, print } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

type SetOptions = TargetOptions & {
  readonly every?: string
  readonly offset?: string
  readonly keepActive?: number
  readonly first?: string
}

/** @param keys the command `mortise keys` */
export function rotationCommands(keys: Command): void {
  const rotation = keys.command('rotation').description('Have keys rekeyed of themselves.')

  addTargetOptions(rotation.command('set <key>'))
    .description('Have a key rekeyed of itself.')
    .option('--every <duration>', 'for instance 90d or P90D; default: what is advised for the algorithm')
    .option('--offset <duration>', 'from the making of a version to its activation')
    .option('--keep-active <number>', 'how many of the newest versions stay Active; default all', wholeNumber)
    .option('--first <date>', 'ISO 8601; default: an interval from now')
    .action(async (key: string, options: SetOptions) => {
      printRotation(
        options,
        await withClient(options, ({ keys }) => keys.setRotation(key, policyOf(options))),
      )
    })

  addTargetOptions(rotation.command('show <key>'))
    .description('Show the rotation policy of a key, and what is advised.')
    .action(async (key: string, options: TargetOptions) => {
      printRotation(options, await withClient(options, ({ keys }) => keys.getRotation(key)))
    })

  addTargetOptions(rotation.command('remove <key>'))
    .description('End the rotation policy of a key.')
    .action(async (key: string, options: TargetOptions) => {
      printRotation(options, await withClient(options, ({ keys }) => keys.removeRotation(key)))
    })
}

function policyOf({ every, offset, keepActive, first }: SetOptions): Omit<SetRotationInput, 'object'> {
  return {
    ...(every !== undefined && { interval: every }),
    ...(offset !== undefined && { offset }),
    ...(keepActive !== undefined && { keepActive }),
    ...(first !== undefined && { first }),
  }
}

function printRotation(options: TargetOptions, answer: RotationAnswer): void {
  const { policy, advice } = answer
  print(options, answer, () =>
    facts({ ...(policy ?? { policy: 'none' }), advised: `every ${advice.interval}, by ${advice.due}` }),
  )
}
