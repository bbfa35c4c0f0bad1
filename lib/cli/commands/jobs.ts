import type { Command } from 'commander'
import { table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { withClient } from '../target.js'

export function jobCommands(program: Command): void {
  const jobs = program.command('jobs').description('See what Mortise will do of itself.')

  addPageOptions(jobs.command('list'))
    .description('What is to be done at a date, the next first: destructions and rotations of keys.')
    .action(async (options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.jobs(pageOf(options)))
      printPage(options, page, () =>
        table(
          ['DUE', 'WHAT', 'KEY', 'NAME', 'FAILURES', 'NEXT TRY', 'ERROR'],
          page.items.map((job) => [job.due, job.kind, job.object, job.name, job.failures, job.at, job.code]),
        ),
      )
    })
}
