import { relative, resolve } from 'node:path'
import { casesIn, type EncodingName, encodings, play } from './run.js'
import { startServer } from './server.js'

const folder = resolve(process.argv[2] ?? '.')
const names = Object.keys(encodings) as EncodingName[]
let passed = 0
let failed = 0
const server = await startServer()
try {
  for (const file of casesIn(folder)) {
    const wrong: string[] = []
    for (const encoding of names) {
      const difference = await play(file, server.send, encoding)
      if (difference === undefined) continue
      wrong.push(`${encoding}: ${difference}`)
      // What it has left would be in the way of others.
      await server.renew()
    }
    if (wrong.length === 0) passed++
    else failed++
    const what = relative(folder, file)
    process.stdout.write(
      wrong.length === 0 ? `ok ${what}\n` : `not ok ${what}\n${wrong.map((one) => `  ${one}\n`).join('')}`,
    )
  }
} finally {
  await server.close()
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
