import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import { throwsCode } from './support.js'

const code = 'MORTISE_BARRIER_ROOT_KEY_MISSING'

t.test('a key file is made whole, for its owner only, and never twice', async (t) => {
  const path = join(t.testdir(), 'root.key')
  const mask = process.umask(0)
  native.createKeyFile(path)
  process.umask(mask)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.strictSame(readdirSync(join(path, '..')), ['root.key'], 'no draft is left')
  const text = readFileSync(path, 'utf8')
  t.match(text, /^mortise-root-key-1 [0-9a-f]{64}\n$/)
  t.throws(() => native.createKeyFile(path), {
    code,
    message: `the root key file ${path} exists already: it was left as it is`,
  })
  t.equal(readFileSync(path, 'utf8'), text)
  const key = native.readKeyFile(path)
  t.match(key, { kind: 'secret', type: 'HMAC', length: 256 })
  t.equal(native.exportKey(key).toString('hex'), text.slice(19, -1))
})

t.test('what cannot be read says why', async (t) => {
  const directory = t.testdir()
  const path = join(directory, 'root.key')
  throwsCode(t, code, () => native.readKeyFile(path), 'absent')
  throwsCode(t, code, () => native.readKeyFile(directory), 'a directory')
  throwsCode(t, code, () => native.createKeyFile(join(directory, 'absent', 'root.key')), 'no directory')
  t.notOk(existsSync(path))
  native.createKeyFile(path)
  const text = readFileSync(path, 'utf8')
  chmodSync(path, 0o640)
  t.throws(() => native.readKeyFile(path), { code, message: /chmod 600/ })
  chmodSync(path, 0o400)
  native.readKeyFile(path)

  const damaged = [
    '',
    text.slice(0, -1),
    `${text}\n`,
    text.replace('-1', '-2'),
    `${text.slice(0, 30)}g${text.slice(31)}`,
    `${text.slice(0, 30)} ${text.slice(31)}`,
  ]
  damaged.forEach((content, i) => {
    const other = join(directory, `damaged${i}`)
    writeFileSync(other, content, { mode: 0o600 })
    throwsCode(t, code, () => native.readKeyFile(other), JSON.stringify(content))
  })
  const upper = join(directory, 'upper')
  writeFileSync(upper, text.slice(0, 19) + text.slice(19).toUpperCase(), { mode: 0o600 })
  native.readKeyFile(upper)
})

t.test('a link is followed when reading, and never written through', async (t) => {
  const directory = t.testdir()
  mkdirSync(join(directory, 'real'))
  native.createKeyFile(join(directory, 'real', 'key'))
  symlinkSync('real/key', join(directory, 'link'))
  symlinkSync('nothing', join(directory, 'dangling'))
  native.readKeyFile(join(directory, 'link'))
  throwsCode(t, code, () => native.createKeyFile(join(directory, 'dangling')))
  t.notOk(existsSync(join(directory, 'nothing')))
})
