/** Results go to standard output, as JSON for programs or as text for people; nothing else does. */
export function print(options: { readonly json?: true }, result: unknown, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : ensureLine(text()))
}

/** Bytes as base64. */
export function printBytes(options: { readonly json?: true }, name: string, bytes: Buffer): void {
  const text = bytes.toString('base64')
  print(options, { [name]: text }, () => text)
}

/** Says on standard error that a list goes on. */
export function mentionNext(option: string, next: string | number | null): void {
  if (next !== null) process.stderr.write(`mortise: there are more: ${option} ${next}\n`)
}

/** Rows under their headings, each column as wide as it needs. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const cells = [headings, ...rows].map((row) => row.map((cell) => printable(String(cell ?? '-'))))
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** One fact a line. */
export function facts(of: Readonly<Record<string, unknown>>): string {
  const width = Math.max(...Object.keys(of).map((name) => name.length))
  return Object.entries(of)
    .map(([name, value]) => `${name.padEnd(width)}  ${printable(flat(value))}`)
    .join('\n')
}

export function date(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString()
}

function flat(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  if (value === null || value === undefined) return '-'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Names and descriptions are other people's: what would steer the terminal is shown instead of obeyed. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/^[^\\]$/, '?'),
  )
}

function ensureLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
