import type { Command } from 'commander'
import { selfTest } from '../../core/index.js'
import { print, table } from '../output.js'

export function selfTestCommand(program: Command): void {
  program
    .command('self-test')
    .description('Run the known-answer tests of every algorithm. Exit code 1 when one fails.')
    .option('--json', 'print the result as JSON')
    .action((options: { readonly json?: true }) => {
      const results = selfTest()
      print(options, results, () =>
        table(
          ['TEST', 'RESULT', 'MICROSECONDS'],
          results.map(({ name, passed, microseconds }) => [name, passed ? 'passed' : 'FAILED', microseconds]),
        ),
      )
      if (results.some(({ passed }) => !passed)) process.exitCode = 1
    })
}
