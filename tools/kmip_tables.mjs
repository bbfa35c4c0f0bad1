// The tables of KMIP 1.0 to 2.1 as source of ours, from data that lies outside the project: names, numbers and relations taken from
// the tables of the seven OASIS specifications. Only what changes there changes here, so the result is committed.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure, root } from './process.mjs'

const folder = 'lib/faces/kmip/tables'
const source = process.env.MORTISE_KMIP_TABLES ?? resolve(root, '../shared/contracts/kmip-tables.json')
const origin = `// Made by \`npm run kmip-tables\` from kmip-tables.json (format FORMAT): the tables of the OASIS specifications of KMIP 1.0 to 2.1.\n\n`

/** Their texts by path, or nothing where the data is not there. */
export function kmipTables() {
  let data
  try {
    data = JSON.parse(readFileSync(source, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
  const files = {
    'tags.ts': `import type { TagRow } from './rows.js'\n\nexport const tags = ${object(tagsOf(data))} as const satisfies Readonly<Record<string, TagRow>>\n`,
    'enumerations.ts': `import type { ValueRow } from './rows.js'\n\nexport const enumerations = ${object(
      mapped(data.enumerations, (values) => valuesOf(values, 'value')),
    )} as const satisfies Readonly<Record<string, Readonly<Record<string, ValueRow>>>>\n`,
    'masks.ts': `import type { ValueRow } from './rows.js'\n\nexport const masks = ${object(
      mapped(data.masks, (values) => valuesOf(values, 'bit')),
    )} as const satisfies Readonly<Record<string, Readonly<Record<string, ValueRow>>>>\n`,
    'attributes.ts': `import type { AttributeRow } from './rows.js'\n\n/** A row an attribute and range of versions in which its rules are the same. */\nexport const attributes: readonly AttributeRow[] = ${text(data.attributes.map(attributeOf(data)))}\n`,
    'structures.ts': `import type { StructureRow } from './rows.js'\n\nexport const structures: Readonly<Record<string, StructureRow>> = ${object(structuresOf(data))}\n`,
    'reasons.ts': `import type { ReasonsRow } from './rows.js'\n\n/** The result reasons that the error tables name, by operation; general ones of 1.x are those of General. */\nexport const reasons: Readonly<Record<string, ReasonsRow>> = ${object(mapped(data.resultReasons, reasonsOf))}\n`,
  }
  const made = {}
  for (const [name, body] of Object.entries(files)) {
    const path = join(folder, name)
    made[path] = formatted(path, origin.replace('FORMAT', String(data.format)) + body)
  }
  return made
}

export function writeKmipTables() {
  const made = kmipTables()
  if (made === undefined) throw new Failure(`there is no ${source}: name it in MORTISE_KMIP_TABLES`)
  for (const [path, text] of Object.entries(made)) writeFileSync(join(root, path), text)
}

function tagsOf({ tags }) {
  return Object.fromEntries(
    tags.map((tag) => [
      tag.name,
      {
        code: number(tag.code),
        types: list(tag.type),
        ...(tag.typeHistory && {
          history: tag.typeHistory.map(({ type, ...range }) => ({ types: list(type), ...range })),
        }),
        ...pick(tag, ['enumeration', 'mask']),
        ...rangeOf(tag),
      },
    ]),
  )
}

function valuesOf(values, key) {
  return Object.fromEntries(
    values.map((value) => [
      value.name,
      {
        value: number(value[key]),
        ...(value.otherNames && { otherNames: value.otherNames.map(({ name }) => name) }),
        ...rangeOf(value),
      },
    ]),
  )
}

const attributeOf = (data) => {
  const byCode = new Map(data.tags.map((tag) => [tag.code.toLowerCase(), tag.name]))
  return ({ specName, tag, note, ...rules }) => ({
    name: rules.name,
    attributeName: specName,
    tag: byCode.get(tag.toLowerCase()),
    ...without(rules, ['name', 'since', 'until', 'deprecatedSince']),
    ...rangeOf(rules),
  })
}

function structuresOf({ structures, structureInfo }) {
  return mapped(structureInfo, ({ note, ...info }, name) => ({
    ...without(info, ['since', 'until', 'deprecatedSince']),
    ...rangeOf(info),
    fields: structures[name] ?? [],
  }))
}

function reasonsOf(families) {
  return {
    ...(families['1.x'] && { one: families['1.x'] }),
    ...(families['2.x'] && { two: families['2.x'] }),
  }
}

const rangeOf = (row) => pick(row, ['since', 'until', 'deprecatedSince'])
const list = (value) => (Array.isArray(value) ? value : [value])
const mapped = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]))
const pick = (object, names) =>
  Object.fromEntries(names.filter((name) => name in object).map((name) => [name, object[name]]))
const without = (object, names) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))

/** A number that keeps the base in which people know it. */
const number = (hex) => `0x${Number(hex).toString(16).padStart(2, '0')}#`
const text = (value) => JSON.stringify(value).replaceAll(/"(0x[0-9a-f]+)#"/g, '$1')
const object = (rows) =>
  `{\n${Object.entries(rows)
    .map(([name, row]) => `${JSON.stringify(name)}: ${text(row)},\n`)
    .join('')}}`

function formatted(path, body) {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const args = [biome, 'format', `--stdin-file-path=${path}`]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    input: body,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Failure(`${path} cannot be formatted: ${stderr}`)
  return stdout
}
