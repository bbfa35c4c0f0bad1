import type { Config } from './config.js'
import { type Entry, entries, type Settings } from './schema.js'

/** One entry as `mortise config show` has it. */
export interface ShownEntry {
  readonly entry: string
  /** Secrets are masked. */
  readonly value: string
  readonly origin: string
}

/** What the configuration comes to, and where each value is from. */
export function showConfig({ settings, origins }: Config): ShownEntry[] {
  return entries.map((entry) => ({
    entry: entry.path,
    value: shown(entry, settings),
    origin: origins.get(entry.path) ?? '',
  }))
}

/** docs/configuration.md. */
export function configurationDocs(): string {
  const rows = entries.map(
    (entry) =>
      `| \`${entry.path}\` | ${entry.flag ? `\`${entry.flag}\`` : '-'} | \`${entry.variable}\`${
        entry.secret ? `, \`${entry.variable}_FILE\`` : ''
      }${entry.schema.alias === undefined ? '' : `, \`${entry.schema.alias}\``} | ${defaultOf(entry)} | ${entry.schema.description}${choicesOf(entry)} |`,
  )
  return `# Configuration

Flags come first, then the environment, then \`.env\` in the working directory, then the file that \`--config\` or
\`MORTISE_CONFIG\` names (JSON, nested by the dots), then the defaults. Secrets have no flag; a variable that ends in
\`_FILE\` names a file that holds one. This page is printed by \`mortise config docs\`.

| entry | flag | environment | default | what it is |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

function shown(entry: Entry, settings: Settings): string {
  let value: unknown = settings
  for (const name of entry.path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  if (value === undefined) return ''
  if (entry.secret) return '********'
  return Array.isArray(value) ? value.join(entry.schema.separator ?? ',') : String(value)
}

function defaultOf({ schema }: Entry): string {
  const { default: value } = schema
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '-'
  return `\`${String(value)}\``
}

function choicesOf({ schema }: Entry): string {
  return schema.enum ? ` (${schema.enum.join(', ')})` : ''
}
