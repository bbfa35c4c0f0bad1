import { type Command, Option } from 'commander'
import { type Entry, entries, loadConfig, serve } from '../../server/index.js'
import { readSecret } from '../input.js'

export function serveCommand(program: Command): void {
  const flags = entries.flatMap((entry) =>
    entry.flag === undefined ? [] : [{ flag: entry.flag, option: optionOf(entry, entry.flag) }],
  )
  const command = program
    .command('serve')
    .description('Serve the keys of a data directory.')
    .option('--config <file>', 'configuration file (MORTISE_CONFIG)')
    .addHelpText('after', environmentHelp)
  for (const { option } of flags) command.addOption(option)
  command.action(async (given: Readonly<Record<string, string | undefined>>) => {
    const config = loadConfig({
      flags: Object.fromEntries(flags.map(({ flag, option }) => [flag, given[option.attributeName()]])),
      environment: process.env,
      workingDirectory: process.cwd(),
      ...(given['config'] !== undefined && { file: given['config'] }),
    })
    await serve(config, readSecret)
  })
}

/** Validated where every other source is, so that the error says which one it was. */
function optionOf({ schema, variable }: Entry, flag: string): Option {
  const kind = schema.enum?.join('|') ?? (schema.type === 'array' ? 'list' : (schema.type ?? 'text'))
  const fallback =
    schema.default === undefined || Array.isArray(schema.default) ? '' : `, default ${schema.default}`
  const explained = `${schema.description} (${variable}${fallback})`
  if (schema.type !== 'array') return new Option(`${flag} <${kind}>`, explained)
  const { separator = ',' } = schema
  const option = new Option(`${flag} <${kind}>`, `may be repeated: ${explained}`)
  return option.argParser<string | undefined>((text, before) =>
    before === undefined ? text : `${before}${separator}${text}`,
  )
}

const secrets = entries.filter(({ secret }) => secret)
const environmentHelp = `
Secrets are taken from the environment or a file, never from flags:
${secrets.map(({ variable, schema }) => `  ${variable}[_FILE]  ${schema.description}`).join('\n')}

Flags come first, then the environment, then .env in the working directory, then the configuration file.`
