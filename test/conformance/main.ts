import { relative, resolve } from 'node:path'
import { casesIn, type EncodingName, encodings, play } from './run.js'
import { startServer } from './server.js'

const folder = resolve(process.argv[2] ?? '.')
const names = Object.keys(encodings) as EncodingName[]
let passed = 0
let failed = 0
const wrong = new Map<string, string[]>(casesIn(folder).map((file) => [file, []]))
// One encoding after the other: some cases go on with what others have left.
for (const encoding of names) {
  let server = await startServer()
  try {
    for (const [file, found] of wrong) {
      const difference = await play(file, server, encoding)
      if (difference === undefined) continue
      found.push(`${encoding}: ${difference}`)
      // What it has left would be in the way of the next.
      await server.close()
      server = await startServer()
    }
  } finally {
    await server.close()
  }
}
for (const [file, found] of wrong) {
  if (found.length === 0) passed++
  else failed++
  const what = `${found.length === 0 ? 'ok' : 'not ok'} ${relative(folder, file)}`
  process.stdout.write(`${[what, ...found.map((one) => `  ${one}`)].join('\n')}\n`)
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
