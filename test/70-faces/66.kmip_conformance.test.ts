/** The cases of OASIS that pass: this list may only grow. `npm run conformance -- FOLDER` plays all of a folder, and says why others do not. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { play } from '../conformance/run.js'
import { startServer } from '../conformance/server.js'
import { packageRoot } from '../support/package_root.js'
import { noVectors, vector, vectorPath } from '../support/vectors.js'

const skip = vector('kmip', 'README.md') === undefined && noVectors
const passing = JSON.parse(
  readFileSync(join(packageRoot, 'test/conformance/passing.json'), 'utf8'),
) as Readonly<Record<string, readonly string[]>>

/** What is different in each case of a folder, in their order: some go on with what others have left. */
async function played(
  folder: string,
  names: readonly string[],
): Promise<(readonly [string, string | undefined])[]> {
  const server = await startServer()
  try {
    const found: (readonly [string, string | undefined])[] = []
    for (const [i, name] of names.entries()) {
      // Each in one encoding, in turn: the runner plays it in both.
      const encoding = i % 2 === 0 ? 'binary' : 'xml'
      found.push([`${name}, ${encoding}`, await play(vectorPath('kmip', folder, name), server, encoding)])
    }
    return found
  } finally {
    await server.close()
  }
}

t.test('cases that pass', { skip }, async (t) => {
  // Folders side by side: most of the time goes into waiting for the disk.
  const all = await Promise.all(Object.entries(passing).map(([folder, names]) => played(folder, names)))
  for (const [what, difference] of all.flat()) t.equal(difference, undefined, what)
  t.equal(all.flat().length, 419)
})
