import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../support/package_root.js'
import { run } from './package.js'

t.test('the references are those of the code: `npm run reference` makes them', async (t) => {
  const script =
    "import('./tools/reference.mjs').then(async ({ pages }) => console.log(JSON.stringify(await pages())))"
  const { stdout, output, code } = await run(packageRoot, process.execPath, ['-e', script])
  t.equal(code, 0, output)
  for (const [path, text] of Object.entries(JSON.parse(stdout) as Record<string, string>)) {
    t.ok(readFileSync(join(packageRoot, path), 'utf8') === text, `${path} is current`)
  }
})
