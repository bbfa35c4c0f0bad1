import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { explain } from '../../lib/native/binding.js'
import { packageRoot } from './support.js'

const lib = fileURLToPath(new URL('../../lib', import.meta.url))

t.test('a package without a fitting add-on says what to do', async (t) => {
  const root = t.testdir()
  writeFileSync(join(root, 'package.json'), '{ "name": "mortise", "type": "module" }')
  cpSync(join(lib, 'native'), join(root, 'dist/lib/native'), { recursive: true })
  cpSync(join(lib, 'errors'), join(root, 'dist/lib/errors'), { recursive: true })
  symlinkSync(join(packageRoot(), 'node_modules'), join(root, 'node_modules'))
  const load = () => {
    const url = pathToFileURL(join(root, 'dist/lib/native/index.js')).href
    const script = `import(${JSON.stringify(url)}).catch(e => console.log(JSON.stringify([e.name, e.code, e.message])))`
    return JSON.parse(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout) as string[]
  }
  const [name, code, message] = load()
  t.equal(name, 'MortiseError')
  t.equal(code, 'MORTISE_NATIVE_UNAVAILABLE')
  t.match(message, /no prebuilt native add-on fits linux-.*npx node-gyp rebuild/)
  mkdirSync(join(root, 'build/Release'), { recursive: true })
  writeFileSync(join(root, 'build/Release/mortise.node'), 'not a library')
  t.match(load()[2], /could not be loaded/)
})

t.test('each known cause has its own text', async (t) => {
  t.match(explain('/p', new Error('undefined symbol: EVP_CIPHER_fetch')), /does not export OpenSSL 3/)
  t.match(explain('/p', new Error("version `GLIBC_2.38' not found")), /newer C library/)
  t.match(explain('/p', 'strange'), /could not be loaded \(strange\)/)
})
