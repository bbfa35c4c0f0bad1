import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../support/package_root.js'

const tools = join(packageRoot, 'node_modules')

/** A small project with our own settings, in a folder of its own. */
function project(directory: string, files: Record<string, string>): string {
  for (const settings of [
    '.dependency-cruiser.cjs',
    'biome.json',
    'knip.json',
    'tsconfig.json',
    'package.json',
  ]) {
    cpSync(join(packageRoot, settings), join(directory, settings))
  }
  writeFileSync(join(directory, '.gitignore'), 'node_modules\n')
  symlinkSync(tools, join(directory, 'node_modules'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return directory
}

function run(
  directory: string,
  script: string,
  ...args: string[]
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(tools, script), ...args],
      { cwd: directory },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
      },
    )
  })
}

const front = (from: string) => `import '${from}'\n`

t.test('imports: every rule of the architecture is held', async (t) => {
  const layers = [
    'errors',
    'operation',
    'native',
    'crypto',
    'x509',
    'storage',
    'hsm',
    'barrier',
    'audit',
    'access',
    'keys',
    'ca',
    'core',
    'server',
    'cli',
  ]
  const directory = project(t.testdir(), {
    ...Object.fromEntries(layers.map((layer) => [`lib/${layer}/index.ts`, 'export {}\n'])),
    ...Object.fromEntries(layers.map((layer) => [`lib/${layer}/inner.ts`, 'export {}\n'])),
    'lib/faces/http/index.ts': 'export {}\n',
    'lib/faces/http/inner.ts': 'export {}\n',
    'lib/faces/admin/index.ts': front('../http/index.js') + front('../../core/index.js'),
    'lib/faces/kmip/index.ts': front('../../native/index.js') + front('../../core/index.js'),
    'test/helper.ts': 'export {}\n',
    // One file for each breach, named after the rule that finds it.
    'lib/index.ts': front('./keys/index.js'),
    ...Object.fromEntries(
      layers.map((layer) => {
        const stranger = layer === 'cli' ? 'keys' : 'cli'
        return [`lib/${layer}/breach_layer.ts`, front(`../${stranger}/index.js`)]
      }),
    ),
    'lib/faces/admin/breach_layer.ts': front('../../keys/index.js'),
    'lib/faces/kmip/breach_layer.ts': front('../../storage/index.js'),
    ...Object.fromEntries(
      layers.map((layer) => [
        `lib/${layer === 'errors' ? 'cli' : 'errors'}/breach_${layer}.ts`,
        front(`../${layer}/inner.js`),
      ]),
    ),
    'lib/cli/breach_faces.ts': front('../faces/http/inner.js'),
    'lib/faces/admin/breach_stranger.ts': front('../kmip/index.js'),
    'lib/core/breach_cycle.ts': front('./breach_cycle_back.js'),
    'lib/core/breach_cycle_back.ts': front('./breach_cycle.js'),
    'lib/core/breach_unresolved.ts': front('./nowhere.js'),
    'lib/core/breach_sqlite.ts': front('better-sqlite3'),
    'lib/core/breach_fastify.ts': front('fastify'),
    'lib/core/breach_swagger.ts': front('@fastify/swagger'),
    'lib/core/breach_addon.ts': front('node-gyp-build'),
    'lib/core/breach_alone.ts': front('../../test/helper.js'),
    'lib/core/breach_development.ts': front('fast-check'),
    'lib/storage/sqlite/index.ts': front('better-sqlite3'),
    'lib/server/listener.ts': front('fastify'),
    'lib/native/binding.ts': front('node-gyp-build'),
  })
  const { output } = await run(
    directory,
    'dependency-cruiser/bin/dependency-cruise.mjs',
    '--config=.dependency-cruiser.cjs',
    '--output-type=json',
    'lib',
    'test',
  )
  const { violations } = JSON.parse(output).summary as {
    violations: { from: string; rule: { name: string } }[]
  }
  const broken = new Set(violations.map(({ from, rule }) => `${rule.name} ${from}`))

  for (const layer of layers) {
    t.ok(broken.has(`layer-${layer} lib/${layer}/breach_layer.ts`), `layer-${layer}`)
    const at = layer === 'errors' ? 'cli' : 'errors'
    t.ok(broken.has(`front-door-${layer} lib/${at}/breach_${layer}.ts`), `front-door-${layer}`)
  }
  t.ok(broken.has('layer-faces lib/faces/admin/breach_layer.ts'), 'layer-faces')
  t.ok(broken.has('layer-kmip lib/faces/kmip/breach_layer.ts'), 'layer-kmip')
  t.ok(broken.has('layer-package lib/index.ts'), 'layer-package')
  t.ok(broken.has('front-door-faces lib/cli/breach_faces.ts'), 'front-door-faces')
  t.ok(broken.has('faces-are-strangers lib/faces/admin/breach_stranger.ts'), 'faces-are-strangers')
  t.ok(
    [...broken].some((entry) => entry.startsWith('no-cycles lib/core/breach_cycle')),
    'no-cycles',
  )
  t.ok(broken.has('no-unresolved lib/core/breach_unresolved.ts'), 'no-unresolved')
  t.ok(broken.has('sqlite-only-in-storage lib/core/breach_sqlite.ts'), 'sqlite-only-in-storage')
  t.ok(broken.has('fastify-only-in-faces-and-server lib/core/breach_fastify.ts'), 'fastify')
  t.ok(broken.has('fastify-only-in-faces-and-server lib/core/breach_swagger.ts'), '@fastify')
  t.ok(broken.has('addon-only-in-binding lib/core/breach_addon.ts'), 'addon-only-in-binding')
  t.ok(broken.has('lib-stands-alone lib/core/breach_alone.ts'), 'lib-stands-alone')
  t.ok(broken.has('no-development-packages lib/core/breach_development.ts'), 'no-development-packages')

  const innocent = [...broken].filter((entry) => !/\/breach_|layer-package/.test(entry))
  t.same(innocent, [], 'what the table allows is not reported')
})

t.test('style: biome refuses what the house style refuses', async (t) => {
  const breaches = {
    'lint/suspicious/noExplicitAny': 'export const x: any = 1\n',
    'lint/style/noNonNullAssertion': 'export const x = (a?: string) => a!.length\n',
    'lint/style/useNodejsImportProtocol': "import { join } from 'path'\n\nexport { join }\n",
    'lint/style/useImportType': "import { Buffer } from 'node:buffer'\n\nexport type Bytes = Buffer\n",
    'lint/correctness/noUnusedVariables': 'const unused = 1\nexport {}\n',
    'lint/correctness/noUnusedImports': "import { join } from 'node:path'\n\nexport {}\n",
    'lint/nursery/noFloatingPromises':
      'async function f() {\n  return 1\n}\n\nexport const g = () => {\n  f()\n}\n',
    format: 'export const x = "double";\n',
  }
  const names = Object.keys(breaches)
  const directory = project(
    t.testdir(),
    Object.fromEntries(Object.values(breaches).map((text, i) => [`lib/${i}.ts`, text])),
  )
  writeFileSync(join(directory, 'lib/other.ts'), 'export const fine = true\n')
  const flags = ['check', '--vcs-enabled=false', '--max-diagnostics=none', 'lib']
  const { code, output } = await run(directory, '@biomejs/biome/bin/biome', ...flags)
  t.not(code, 0)
  for (const [i, name] of names.entries()) {
    t.match(output, new RegExp(`lib/${i}\\.ts(:\\d+:\\d+)? ${name}`), name)
  }
  t.notMatch(output, 'lib/other.ts', 'and nothing else')
})

t.test('dead code: knip finds unused files, exports and packages', async (t) => {
  const directory = project(t.testdir(), {
    'lib/index.ts': "import { used } from './used.js'\n\nexport const answer = used\n",
    'lib/used.ts': 'export const used = 1\nexport const dead_export = 2\n',
    'lib/dead_file.ts': 'export {}\n',
  })
  const { code, output } = await run(directory, 'knip/bin/knip.js', '--no-progress')
  t.not(code, 0)
  t.match(output, 'dead_file')
  t.match(output, 'dead_export')
  t.match(output, /Unused dependencies[\s\S]*prom-client/)
})

t.test('types: tsc is strict', async (t) => {
  const directory = project(t.testdir(), {
    'lib/index.ts':
      'export const first = (list: string[]): string => list[0]\nexport const half = (x) => x / 2\n',
  })
  const { code, output } = await run(directory, 'typescript/bin/tsc', '--noEmit', '--incremental', 'false')
  t.not(code, 0)
  t.match(output, 'TS2322', 'an element of an array may be undefined')
  t.match(output, 'TS7006', 'no implicit any')
})
