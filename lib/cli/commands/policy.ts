import type { Command } from 'commander'
import { faceLosses, policyTable } from '../../core/index.js'
import { print, table } from '../output.js'
import { faceCells, policyCells, policyDocs } from '../policy_docs.js'

export function policyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('What the policies approved and compatible admit, and what each face loses under approved.')
    .option('--json', 'print the result as JSON')
    .action((options: { readonly json?: true }) => {
      print(options, { table: policyTable, faces: faceLosses }, () =>
        [policyCells(), faceCells()]
          .map(({ headings, rows }) =>
            table(
              headings.map((heading) => heading.toUpperCase()),
              rows,
            ),
          )
          .join('\n\n'),
      )
    })

  policy
    .command('docs')
    .description('Print docs/policies.md.')
    .action(() => {
      process.stdout.write(policyDocs())
    })
}
