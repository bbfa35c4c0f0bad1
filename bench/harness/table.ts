import type { Result, Row } from './suite.js'

/** The result for people. */
export function table(result: Result): string {
  const lines = result.rows.map((row) => [
    row.name,
    amount(row.ours, row.unit),
    amount(row.peer, row.unit),
    ratio(row),
    row.significant ? '' : '?',
    row.peerName,
  ])
  return [
    heading(result),
    '',
    ...columns([['', 'ours', 'peer', 'ours : peer', '', 'the peer'], ...lines]),
    ...result.rows.flatMap(remarks),
    ...(result.rows.every(({ significant }) => significant)
      ? []
      : ['?: the middle half of the ratios is wider than a quarter of them; measure again']),
    '',
  ].join('\n')
}

/** The result as docs/benchmarks.md shows it. */
export function markdown(result: Result): string {
  const header = ['row', 'ours', 'peer', 'ratio', 'middle half', 'of the limit', 'event loop']
  const lines = result.rows.map((row) => [
    `\`${row.name}\``,
    `${figure(row.ours)}/s`,
    `${figure(row.peer)}/s`,
    short(row.ratio),
    `${short(row.spread[0])} to ${short(row.spread[1])}${row.significant ? '' : ' ?'}`,
    partOfLimit(row),
    row.loopDelayP99 === undefined ? '' : milliseconds(row.loopDelayP99),
  ])
  return [
    heading(result),
    '',
    ...[header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`),
    '',
  ].join('\n')
}

function heading({ suite, node, openssl, cpu, instructions, load }: Result): string {
  const faster = instructions.length > 0 ? instructions.join(', ') : 'none'
  return `${suite}: Node.js ${node}, OpenSSL ${openssl}, ${cpu} (${faster}), load ${load.toFixed(2)} before`
}

function remarks(row: Row): string[] {
  const { name, unit, limit, limitName, ofLimit, loopDelayP99 } = row
  return [
    ...(ofLimit === undefined
      ? []
      : [`${name}: ${partOfLimit(row)} of ${limitName} (${amount(limit, unit)})`]),
    ...(loopDelayP99 === undefined
      ? []
      : [`${name}: 99 of 100 events wait at most ${milliseconds(loopDelayP99)} for the event loop`]),
  ]
}

function partOfLimit({ ofLimit, limitSpread: [low, high] = [0, 0] }: Row): string {
  return ofLimit === undefined ? '' : `${percent(ofLimit)} (${percent(low)} to ${percent(high)})`
}

function ratio({ ratio, spread: [low, high] }: Row): string {
  return `${short(ratio)}x (${short(low)} to ${short(high)})`
}

const short = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1))
const percent = (value: number) => `${Math.round(value * 100)} %`
const milliseconds = (value: number) => `${value.toFixed(2)} ms`

function amount(value = 0, unit: string): string {
  return `${figure(value)} ${unit}`
}

function figure(value: number): string {
  return (value < 100 ? Number(value.toPrecision(2)) : Math.round(value)).toLocaleString('en-US')
}

/** The first column and the last two to the left, numbers to the right. */
function columns(lines: readonly string[][]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines.map((line) =>
    line
      .map((cell, i) =>
        i === 0 || i >= line.length - 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
