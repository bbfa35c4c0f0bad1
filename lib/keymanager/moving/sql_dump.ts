import { MortiseError } from '../../errors/index.js'

/** A row by the names of its columns; null for NULL. */
export type SqlRow = Readonly<Record<string, string | null>>

/**
 * Rows of the tables that are wanted, of what pg_dump writes as plain text: COPY blocks, and INSERT statements of one row or many, with or
 * without the names of columns. Whatever else is in it is passed over.
 *
 * @param tables names without a schema
 * @throws MORTISE_INPUT_INVALID for what is no such text, and where a statement of a table that is wanted ends in its middle
 */
export function readSqlDump(text: string, tables: readonly string[]): ReadonlyMap<string, SqlRow[]> {
  if (text.startsWith('PGDMP'))
    throw invalid('the dump is in the format of pg_restore: write it as text by `pg_restore -f dump.sql`')
  const columns = new Map<string, readonly string[]>()
  const rows = new Map<string, SqlRow[]>(tables.map((table) => [table, []]))
  const add = (table: string, names: readonly string[], values: readonly (string | null)[]) => {
    if (names.length !== values.length)
      throw invalid(`a row of ${table} has ${values.length} values for ${names.length} columns`)
    rows.get(table)?.push(Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])))
  }
  let found = 0
  for (let at = 0; at < text.length; ) {
    const statement = statementAt(text, at)
    at = statement.end
    const head = text.slice(statement.begin, statement.begin + longestHead)
    const [, verb = '', name = '', , list] = head.match(beginning) ?? []
    if (verb === '') continue
    const table = unquoted(name.split('.').at(-1) ?? '')
    const names = list === undefined ? (columns.get(table) ?? []) : list.split(',').map(unquoted)
    const isWanted = rows.has(table)
    if (/^CREATE/i.test(verb)) columns.set(table, columnsOf(text.slice(statement.begin, statement.end)))
    else if (/^COPY/i.test(verb)) {
      if (!/^[^;]*FROM stdin/i.test(text.slice(statement.begin, statement.end))) continue
      const block = copyBlock(text, at)
      at = block.end
      if (isWanted) for (const line of block.lines) add(table, names, line.split('\t').map(copied))
      found++
    } else {
      const values = head.search(/\bVALUES\b/i)
      if (isWanted && values >= 0)
        for (const tuple of tuplesOf(text.slice(statement.begin + values + 'VALUES'.length, statement.end)))
          add(table, names, tuple)
      found++
    }
  }
  if (found > 0) return rows
  throw invalid('this is no dump of a database: neither COPY nor INSERT is in it')
}

/** Characters that a statement says in front of its values at most. */
const longestHead = 4096
const beginning =
  /^(CREATE(?: UNLOGGED)? TABLE(?: IF NOT EXISTS)?|COPY|INSERT INTO)\s+((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)\s*(\(([^)]*)\))?/i

/** A statement from its first word to its semicolon, and past comments and what psql is told (\connect). */
function statementAt(text: string, from: number): { readonly begin: number; readonly end: number } {
  const leading = /(?:\s+|--[^\n]*|^\\[^\n]*)*/my
  leading.lastIndex = from
  leading.exec(text)
  const begin = leading.lastIndex
  return { begin, end: endOf(text, begin) }
}

/** Of what may hide a semicolon, and a semicolon. */
const marks = /'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\$(\w*)\$[\s\S]*?\$\1\$|;/g
const escaped = /\bE$/i

function endOf(text: string, begin: number): number {
  marks.lastIndex = begin
  for (let found = marks.exec(text); found; found = marks.exec(text)) {
    if (found[0] === ';') return marks.lastIndex
    if (found[0].startsWith("'") && escaped.test(text.slice(Math.max(found.index - 2, begin), found.index)))
      marks.lastIndex = endOfEscaped(text, found.index)
  }
  return text.length
}

/** E'...', where a backslash takes what follows with it. */
function endOfEscaped(text: string, begin: number): number {
  const whole = /'(?:[^'\\]|''|\\[\s\S])*'/y
  whole.lastIndex = begin
  return whole.exec(text) ? whole.lastIndex : text.length
}

const notColumns = /^(CONSTRAINT|PRIMARY|UNIQUE|FOREIGN|CHECK|EXCLUDE|LIKE)\b/i

function columnsOf(statement: string): readonly string[] {
  const body = statement.slice(statement.indexOf('(') + 1, statement.lastIndexOf(')'))
  // Commas of types and constraints are within brackets.
  let flat = body
  while (/\([^()]*\)/.test(flat)) flat = flat.replace(/\([^()]*\)/g, '')
  return flat
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && !notColumns.test(one))
    .map((one) => unquoted(one.match(/^("[^"]+"|\S+)/)?.[0] ?? ''))
}

function copyBlock(text: string, from: number): { readonly lines: readonly string[]; readonly end: number } {
  const begin = text.indexOf('\n', from) + 1
  if (text.startsWith('\\.', begin)) return { lines: [], end: begin + 2 }
  const end = text.indexOf('\n\\.', begin)
  if (begin === 0 || end < 0) throw invalid('a COPY block of the dump has no end: the dump is not whole')
  return { lines: text.slice(begin, end).split(/\r?\n/), end: end + 3 }
}

const controls: Readonly<Record<string, string>> = {
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
}

/** A value as COPY writes it (PostgreSQL, COPY, File Formats). */
function copied(text: string): string | null {
  if (text === '\\N') return null
  return text.replace(/\\([0-7]{1,3}|x[\da-fA-F]{1,2}|[\s\S])/g, (_, code: string) => {
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8))
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    return controls[code] ?? code
  })
}

const value =
  /\s*(?:E'((?:[^'\\]|''|\\[\s\S])*)'|'((?:[^']|'')*)'|([^\s,()']+))(?:::[\w ]+(?:\(\d+\))?)?\s*([,)])/iy

/** The tuples of an INSERT statement, from behind VALUES. */
function* tuplesOf(text: string): Generator<(string | null)[]> {
  for (let at = text.indexOf('('); at >= 0; at = text.indexOf('(', at)) {
    const tuple: (string | null)[] = []
    value.lastIndex = at + 1
    for (;;) {
      const found = value.exec(text)
      if (!found) throw invalid('an INSERT statement of the dump cannot be read: write it by pg_dump')
      at = value.lastIndex
      tuple.push(plainValue(found))
      if (found[4] === ')') break
    }
    yield tuple
  }
}

function plainValue([, escaped, plain, bare]: RegExpExecArray): string | null {
  if (bare !== undefined) return /^NULL$/i.test(bare) ? null : bare
  return escaped === undefined ? (plain ?? '').replaceAll("''", "'") : copied(escaped.replaceAll("''", "'"))
}

function unquoted(name: string): string {
  const text = name.trim()
  return text.startsWith('"') ? text.slice(1, -1) : text.toLowerCase()
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
