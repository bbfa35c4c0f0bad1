import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  attributes,
  type EnumerationName,
  enumeration,
  enumerationNames,
  enumerations,
  isKnown,
  masks,
  meaningOf,
  reasons,
  structures,
  Tag,
  tagNames,
  tags,
  versions,
} from '../../lib/faces/kmip/index.js'
import { ItemType } from '../../lib/native/index.js'
import { run } from '../90-package/package.js'
import { packageRoot } from '../support/package_root.js'

t.test('the tables are those that the data makes: `npm run kmip-tables`', async (t) => {
  const script =
    "import('./tools/kmip_tables.mjs').then(({ kmipTables }) => console.log(JSON.stringify(kmipTables() ?? null)))"
  const { stdout, output, code } = await run(packageRoot, process.execPath, ['-e', script])
  t.equal(code, 0, output)
  const made = JSON.parse(stdout) as Record<string, string> | null
  if (made === null) t.pass('skipped', { skip: 'the data of the tables is not beside the project' })
  for (const [path, text] of Object.entries(made ?? {}))
    t.ok(readFileSync(join(packageRoot, path), 'utf8') === text, `${path} is current`)
})

t.test('numbers that the specifications print', async (t) => {
  t.equal(Tag.RequestMessage, 0x420078)
  t.equal(Tag.AttributeReference, 0x42013b)
  const Operation = enumeration('Operation')
  t.equal(Operation.Create, 1)
  t.equal(Operation.Ping, 0x3b)
  t.equal(masks.CryptographicUsageMask.WrapKey.value, 0x10)
  // The names that the rule of the encodings makes of odd ones.
  for (const name of ['IVCounterNonce', 'PKCS_11Function', 'MACSignature']) t.ok(tagNames.value(name), name)
  t.equal(enumeration('CryptographicAlgorithm').DES3, 2)
  t.equal(enumeration('RecommendedCurve').P_256, 7)
  t.equal(enumeration('CryptographicAlgorithm').HMAC_SHA256, 9)
})

t.test('names and numbers of a list tell each other, in other spellings, too', async (t) => {
  const fold = (name: string) => name.replaceAll(/\W|_/g, '').toLowerCase()
  const lists = {
    ...enumerations,
    ...masks,
    tags: Object.fromEntries(Object.entries(tags).map(([name, { code }]) => [name, { value: code }])),
  }
  for (const [list, rows] of Object.entries(lists)) {
    const folded = Object.entries(rows).flatMap(
      ([name, row]: [string, { value: number; otherNames?: readonly string[] }]) =>
        [...new Set([name, ...(row.otherNames ?? [])].map(fold))].map((name) => [name, row.value] as const),
    )
    t.equal(new Set(folded.map(([name]) => name)).size, folded.length, `${list}: no name is another one's`)
    t.equal(new Set(Object.values(rows).map(({ value }) => value)).size, Object.keys(rows).length, list)
  }
  for (const list of Object.keys(enumerations) as EnumerationName[]) {
    const names = enumerationNames(list)
    for (const [name, { value }] of Object.entries(enumerations[list])) {
      if (names.name(value) !== name || names.value(name) !== value) t.fail(`${list} ${name}`)
    }
  }
  const algorithms = enumerationNames('HashingAlgorithm')
  t.equal(algorithms.value('SHA256'), algorithms.value('SHA_256'))
  t.equal(algorithms.value('SHA3_256'), algorithms.value('SHA_3_256'))
  t.equal(enumerationNames('MaskGenerator').value('MFG1'), 1)
  t.equal(tagNames.value('IvCounterNonce'), Tag.IVCounterNonce)
  t.equal(algorithms.value('constructor'), undefined)
  t.equal(algorithms.name(0x7fffffff), undefined)
})

t.test('what an item means', async (t) => {
  t.equal(meaningOf(Tag.Operation, undefined).enumeration?.name(1), 'Create')
  t.equal(meaningOf(Tag.AttributeValue, 'Cryptographic Algorithm').enumeration?.name(3), 'AES')
  t.equal(meaningOf(Tag.AttributeValue, 'Cryptographic Usage Mask').mask?.name(4), 'Encrypt')
  t.equal(meaningOf(Tag.AttributeReference, undefined).enumeration?.name(0x420057), 'ObjectType')
  t.same(meaningOf(Tag.AttributeValue, 'x-own'), {})
  t.same(meaningOf(0x540001, undefined), {})
})

t.test('the tables agree with one another', async (t) => {
  const named = new Set<string>([...Object.keys(tags), 'object', 'attribute', 'vendorSpecific'])
  for (const [name, row] of Object.entries(structures)) {
    t.ok(named.has(row.tag), `${name} has the tag ${row.tag}`)
    const alien = row.fields.filter(({ field }) => !named.has(field)).map(({ field }) => field)
    t.same(alien, [], name)
    if (row.operation !== undefined) t.ok(row.operation in enumerations.Operation, row.operation)
    for (const version of versions) {
      const fields = row.fields.filter((field) => isKnown(field, version)).map(({ field }) => field)
      if (fields.length !== new Set(fields).size) t.fail(`${name} has a field twice in ${version}`)
    }
  }
  for (const [name, row] of Object.entries(tags)) {
    if (row.types.some((type) => type !== 'any' && !(type in ItemType))) t.fail(name)
    if ('enumeration' in row && row.enumeration !== 'Tag') t.ok(row.enumeration in enumerations, name)
    if ('mask' in row) t.ok(row.mask in masks, name)
  }
  for (const { name, tag, objectTypes, implicitlySetBy } of attributes) {
    t.ok(named.has(tag), name)
    t.same(
      implicitlySetBy.filter((operation) => !(operation in enumerations.Operation)),
      [],
      name,
    )
    const alien = objectTypes.filter((type) => type !== 'all' && !(type in enumerations.ObjectType))
    t.same(alien, [], name)
  }
  for (const [operation, { one = [], two = [] }] of Object.entries(reasons)) {
    t.ok(operation === 'General' || operation in enumerations.Operation, operation)
    t.same(
      [...one, ...two].filter((reason) => !(reason in enumerations.ResultReason)),
      [],
      operation,
    )
  }
})

t.test('versions', async (t) => {
  const knownIn = (version: (typeof versions)[number]) =>
    new Set(attributes.filter((row) => isKnown(row, version)).map(({ name }) => name))
  t.notOk(knownIn('1.0').has('Fresh'))
  t.ok(knownIn('1.1').has('Fresh'))
  t.notOk(knownIn('2.0').has('OperationPolicyName'))
  t.equal(knownIn('1.4').size, 75)
  t.equal(knownIn('2.1').size, 86)
  t.notOk(isKnown(enumerations.Operation.Import, '1.3'))
  t.ok(isKnown(enumerations.Operation.Import, '1.4'))
  t.notOk(isKnown(masks.CryptographicUsageMask.Export, '2.0'))
})
