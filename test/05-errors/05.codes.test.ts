import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type ErrorCode, errorCodes, isMortiseError, MortiseError } from '../../lib/errors/index.js'
import { packageRoot } from '../support/package_root.js'

const codes = Object.keys(errorCodes) as ErrorCode[]

t.test('an error carries its code, status, message and details', async (t) => {
  const cause = new Error('disk')
  const error = new MortiseError('MORTISE_STORAGE_FULL', 'no room in /data', { details: { free: 0 }, cause })
  t.match(error, {
    name: 'MortiseError',
    code: 'MORTISE_STORAGE_FULL',
    status: 507,
    message: 'no room in /data',
    cause,
  })
  t.same(error.details, { free: 0 })
  t.equal(new MortiseError('MORTISE_CLOSED').message, errorCodes.MORTISE_CLOSED.message)
  t.ok(isMortiseError(error) && isMortiseError(error, 'MORTISE_STORAGE_FULL'))
  t.notOk(isMortiseError(error, 'MORTISE_CLOSED') || isMortiseError(cause))
})

t.test('docs/errors.md has one paragraph for each code, with its status', async (t) => {
  const paragraphs = readFileSync(join(packageRoot, 'docs/errors.md'), 'utf8').split(/^### /m).slice(1)
  const documented = new Map(paragraphs.map((text) => [text.split('\n', 1)[0], text]))
  t.same([...documented.keys()].sort(), [...codes].sort())
  for (const code of codes) {
    t.match(documented.get(code), new RegExp(`^${code}\n${errorCodes[code].status}\\. \\S`), code)
  }
})

t.test('every code is thrown somewhere', async (t) => {
  const sources = [...filesBelow('lib', /\.ts$/), ...filesBelow('native', /\.(cc|h|inc)$/)]
    .filter((file) => !file.endsWith(join('errors', 'codes.ts')))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  for (const code of codes) t.ok(sources.includes(code), code)
})

function filesBelow(folder: string, name: RegExp): string[] {
  return readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => name.test(file))
    .map((file) => join(packageRoot, folder, file))
}
