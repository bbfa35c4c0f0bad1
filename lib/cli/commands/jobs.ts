import type { Command } from 'commander'
import type { ListJobsInput } from '../../core/index.js'
import { wholeNumber } from '../input.js'
import { mentionNext, print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

export function jobCommands(program: Command): void {
  const jobs = program.command('jobs').description('See what Mortise will do of itself.')

  addTargetOptions(jobs.command('list'))
    .description('What is to be done at a date, the next first: destructions and rotations of keys.')
    .option('--limit <number>', 'at most so many, 1 to 1000', wholeNumber)
    .option('--after <cursor>', 'what follows the page before')
    .action(async (options: TargetOptions & ListJobsInput) => {
      const { limit, after } = options
      const page = await withClient(options, ({ keys }) =>
        keys.jobs({ ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) }),
      )
      print(options, page, () =>
        table(
          ['DUE', 'WHAT', 'KEY', 'NAME', 'FAILURES', 'NEXT TRY', 'ERROR'],
          page.items.map((job) => [job.due, job.kind, job.object, job.name, job.failures, job.at, job.code]),
        ),
      )
      if (!options.json) mentionNext('--after', page.next)
    })
}
