import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { MortiseError } from '../../errors/index.js'
import { type CopyReport, copyAll, KmipClient } from '../../faces/kmip/index.js'
import { readSecret } from '../input.js'
import { print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

const usualPort = 5696

interface KmipOptions extends TargetOptions {
  readonly certificate: string
  readonly key: string
  readonly authority: string
  readonly dryRun?: true
  readonly user?: string
}

export function importCommands(program: Command): void {
  const imports = program.command('import').description('Move in from another key manager.')

  addTargetOptions(imports.command('kmip <address>'))
    .description(
      'Copy the keys, certificates and secrets of a KMIP server (HOST or HOST:PORT) with their attributes, states and links, as far as its ' +
        'client may get them. Run again, it goes on where it was and makes nothing twice. What was not copied is told with the reason.',
    )
    .requiredOption('--certificate <file>', 'of the client, PEM')
    .requiredOption('--key <file>', 'of that certificate, PEM')
    .requiredOption('--authority <file>', 'certificates that the server’s must be from, PEM')
    .option(
      '--user <name>',
      'who asks, where the certificate alone does not say it: with a password, typed or from standard input',
    )
    .option('--dry-run', 'say what would be copied, and copy nothing')
    .action(async (address: string, options: KmipOptions) => {
      const { host, port } = placeOf(address)
      const [certificate, key, authorities] = await Promise.all(
        [options.certificate, options.key, options.authority].map((file) => readFile(file)),
      )
      if (!certificate || !key || !authorities) return
      const { user } = options
      const login = user === undefined ? undefined : { user, password: await readSecret('Password: ') }
      const server = await KmipClient.open({
        host,
        port,
        certificate,
        key,
        authorities,
        ...(login && { login }),
      })
      try {
        const report = await withClient(options, ({ keys }) =>
          copyAll(server, keys, { source: `${host}:${port}`, dryRun: options.dryRun === true }),
        )
        print(options, report, () => textOf(report, options.dryRun === true))
        if (report.notCopied.length > 0) process.exitCode = 1
      } finally {
        server.close()
      }
    })
}

function placeOf(address: string): { readonly host: string; readonly port: number } {
  const url = URL.canParse(`kmip://${address}`) ? new URL(`kmip://${address}`) : undefined
  if (url && url.hostname !== '' && url.host === address)
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? usualPort : Number(url.port),
    }
  throw new MortiseError('MORTISE_INPUT_INVALID', 'the address is HOST or HOST:PORT')
}

function textOf({ version, copied, present, notCopied, incomplete }: CopyReport, isDry: boolean): string {
  const rows = [
    ...notCopied.map(({ id, why }) => ['not copied', id, why]),
    ...incomplete.map(({ id, why }) => ['incomplete', id, why]),
  ]
  const counts = `KMIP ${version}: ${copied.length} ${isDry ? 'to be copied' : 'copied'}, ${present.length} copied before, ${notCopied.length} not copied`
  return rows.length === 0 ? counts : `${table(['WHAT', 'OBJECT', 'WHY'], rows)}\n${counts}`
}
