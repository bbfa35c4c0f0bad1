import type { Result, Row } from './suite.js'

/** The result for people. */
export function table({ suite, node, cpu, rows }: Result): string {
  const lines = rows.map((row) => [
    row.name,
    amount(row.ours, row.unit),
    amount(row.peer, row.unit),
    ratio(row),
    row.peerName,
  ])
  const limits = rows.filter(({ ofLimit }) => ofLimit !== undefined)
  return [
    `${suite}: Node.js ${node}, ${cpu}`,
    '',
    ...columns([['', 'ours', 'peer', 'ours : peer', 'the peer'], ...lines]),
    ...limits.map(
      (row) => `${row.name}: ${percent(row.ofLimit)} of ${row.limitName} (${amount(row.limit, row.unit)})`,
    ),
    '',
  ].join('\n')
}

function ratio({ ratio, spread: [low, high] }: Row): string {
  return `${short(ratio)}x (${short(low)} to ${short(high)})`
}

const short = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1))
const percent = (value = 0) => `${Math.round(value * 100)} %`

function amount(value = 0, unit: string): string {
  const figure = value < 100 ? Number(value.toPrecision(2)) : Math.round(value)
  return `${figure.toLocaleString('en-US')} ${unit}`
}

/** The first and the last column to the left, numbers to the right. */
function columns(lines: readonly string[][]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines.map((line) =>
    line
      .map((cell, i) =>
        i === 0 || i === line.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
