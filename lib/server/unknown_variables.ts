import { entries } from './schema.js'

/** Variables that are no entries of the configuration: the file itself, and what the command line reads. */
const others = ['MORTISE_CONFIG', 'MORTISE_URL', 'MORTISE_TOKEN', 'MORTISE_TOKEN_FILE']

const known = [
  ...others,
  ...entries.flatMap(({ variable, secret }) => (secret ? [variable, `${variable}_FILE`] : [variable])),
]

/** A warning for each MORTISE_* variable that means nothing, with the name that was probably meant. */
export function unknownVariables(variables: Readonly<Record<string, unknown>>, source: string): string[] {
  return Object.keys(variables)
    .filter((name) => name.startsWith('MORTISE_') && !known.includes(name))
    .map((name) => `${name} (${source}) means nothing: did you mean ${nearest(name)}?`)
}

function nearest(name: string): string {
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
  return distances.reduce((best, next) => (next.distance < best.distance ? next : best)).candidate
}

/** Levenshtein's: how many characters to insert, remove or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
    }
    row = next
  }
  return row[b.length] ?? 0
}
