import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { type Batch, batchesOf, filesOf } from '../../bench/tree.js'

const example = fileURLToPath(new URL('../../bench/example.js', import.meta.url))
const quarter = 2 ** 18

/** Files of every size around which the batches turn. */
async function plantTree(t: Test): Promise<{ directory: string; contents: Map<string, Buffer> }> {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-tree-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const contents = new Map<string, Buffer>()
  const sizes = [0, 1, quarter - 1, quarter, quarter + 1, 4 * quarter, 4 * quarter + 1, 9 * quarter + 7, 0, 3]
  for (const [i, size] of sizes.entries())
    contents.set(join(directory, `branch ${i % 3}`, `${i}`), randomBytes(size))
  for (let i = 0; i < 1500; i++) contents.set(join(directory, 'leaves', `${i}`), randomBytes(i % 40))
  for (const [path, content] of contents) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  await symlink(directory, join(directory, 'loop'))
  return { directory, contents }
}

/** Runs the example with a directory of its own for temporary files, and says what it left there. */
async function run(t: Test, tree: string) {
  const temporary = await mkdtemp(join(tmpdir(), 'mortise-test-'))
  t.teardown(() => rm(temporary, { recursive: true, force: true }))
  const running = promisify(execFile)(process.execPath, [example, tree], {
    env: { ...process.env, TMPDIR: temporary },
  })
  const { stdout, stderr, code } = await running.then(
    (output) => ({ ...output, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  )
  return { stdout, stderr, code, left: await readdir(temporary) }
}

t.test('batches hold every byte of the tree, in memory that does not grow', async (t) => {
  const { directory, contents } = await plantTree(t)
  const skipped = (path: string) => t.fail(`left out ${path}`)
  const paths: string[] = []
  const inOrder = async function* () {
    for await (const path of filesOf(directory, skipped)) {
      paths.push(path)
      yield path
    }
  }
  const seen: Buffer[] = []
  const batches: Batch[] = []
  for await (const batch of batchesOf(inOrder(), skipped)) {
    seen.push(Buffer.concat(batch.pieces))
    batches.push(batch)
  }
  t.same(paths.toSorted(), [...contents.keys()].sort(), 'every file once, and no link followed')
  const expected = Buffer.concat(paths.map((path) => contents.get(path) ?? Buffer.alloc(0)))
  t.ok(Buffer.concat(seen).equals(expected))
  t.equal(
    batches.reduce((sum, { files }) => sum + files, 0),
    contents.size,
  )
  t.ok(batches.every(({ bytes, pieces }) => bytes <= 4 * quarter && pieces.length <= 1024))
})

t.test('what cannot be read is named and left out', async (t) => {
  const { directory, contents } = await plantTree(t)
  const gone = join(directory, 'gone')
  const named: string[] = []
  const files = async function* () {
    yield gone
    yield* contents.keys()
  }
  let ended = 0
  for await (const batch of batchesOf(files(), (path) => named.push(path))) ended += batch.files
  t.same(named, [gone])
  t.equal(ended, contents.size)
})

t.test('the example seals a tree, opens it again, and leaves nothing behind', async (t) => {
  const { directory, contents } = await plantTree(t)
  const { stdout, stderr, code, left } = await run(t, directory)
  t.equal(code, 0, stderr)
  t.match(stdout, `files        ${contents.size.toLocaleString('en-US')} (`)
  t.match(stdout, 'all opened again as they were')
  t.match(stdout, /^Mortise +seals .* MB\/s, .* records\/s; opens /m)
  t.match(stdout, /^node:crypto +seals /m)
  t.same(left, [])
  for (const [path, content] of contents) {
    if (!(await readFile(path)).equals(content)) t.fail(`${path} was changed`)
  }
})

t.test('it takes a real tree and a single file', async (t) => {
  const source = dirname(fileURLToPath(import.meta.resolve('fastify')))
  t.match((await run(t, source)).stdout, 'all opened again as they were')
  t.match((await run(t, join(source, 'package.json'))).stdout, /^files +1 \(/m)
})

t.test('a path that is not there is an error, and nothing is left of that either', async (t) => {
  const { stdout, stderr, code, left } = await run(t, '/nowhere/at/all')
  t.equal(code, 1)
  t.match(stderr, /^mortise: .*\/nowhere\/at\/all/)
  t.equal(stdout, '')
  t.same(left, [])
})
