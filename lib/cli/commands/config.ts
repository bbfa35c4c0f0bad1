import type { Command } from 'commander'
import { configurationDocs, showConfig } from '../../server/index.js'
import { print, table } from '../output.js'
import { addConfigOptions, configOf, type TargetOptions } from '../target.js'

export function configCommands(program: Command): void {
  const config = program.command('config').description('Show the configuration.')

  addConfigOptions(config.command('show'))
    .description('What the configuration comes to and where each value is from; secrets are masked.')
    .option('--json', 'print the result as JSON')
    .action((options: TargetOptions) => {
      const entries = showConfig(configOf(options))
      print(options, entries, () =>
        table(
          ['ENTRY', 'VALUE', 'FROM'],
          entries.map(({ entry, value, origin }) => [entry, value === '' ? null : value, origin]),
        ),
      )
    })

  config
    .command('docs')
    .description('Print docs/configuration.md.')
    .action(() => {
      process.stdout.write(configurationDocs())
    })
}
