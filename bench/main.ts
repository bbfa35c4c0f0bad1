import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { markdown, type Pace, type Result, runSuite, type Suite, table } from './harness/index.js'

const help = `npm run bench -- [SUITE...] [--node LINE] [--json | --markdown] [--quick]

Measures Mortise against named peers, in turns within one run; docs/benchmarks.md says what the rows mean.

  SUITE       access (half a minute), aead (four minutes), ca (a minute), http (half a minute), keymanager (a minute), keyservice (half a minute), kmip (seven minutes), mac (half a minute), pkcs11 (a minute), sign (four minutes), store (three to five: it makes a million keys), ttlv (half a minute); all of them by default,
              each in a process of its own
  --node      on that Node.js: 20, 22, 24 or 26, fetched from npm; better-sqlite3 is compiled for it once, which takes two minutes
  --json      one JSON object (an array of them for several suites) on stdout, and nothing else
  --markdown  the tables of docs/benchmarks.md
  --quick     tiny slices: shows that everything works, and no more than that
`

const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  access: async () => (await import('./access.js')).access,
  aead: async () => (await import('./aead.js')).aead,
  ca: async () => (await import('./ca.js')).ca,
  http: async () => (await import('./http.js')).http,
  keymanager: async () => (await import('./keymanager.js')).keymanager,
  keyservice: async () => (await import('./keyservice.js')).keyservice,
  kmip: async () => (await import('./kmip.js')).kmip,
  mac: async () => (await import('./mac.js')).mac,
  pkcs11: async () => (await import('./pkcs11.js')).pkcs11,
  sign: async () => (await import('./sign.js')).sign,
  store: async () => (await import('./store.js')).store,
  ttlv: async () => (await import('./ttlv.js')).ttlv,
}

const { values: flags, positionals: named } = parseArgs({
  options: {
    // tools/bench.mjs has taken it: by now this is that Node.
    node: { type: 'string' },
    json: { type: 'boolean' },
    markdown: { type: 'boolean' },
    quick: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
  allowPositionals: true,
})
const pace: Pace = flags.quick
  ? { slices: 2, warmUp: 0, milliseconds: 5 }
  : { slices: 15, warmUp: 10, milliseconds: 200 }
const show = flags.markdown ? markdown : table
const unknown = named.find((name) => !Object.hasOwn(suites, name))

if (flags.help) process.stdout.write(help)
else if (unknown !== undefined) {
  process.stderr.write(
    `mortise: there is no suite ${unknown}: choose from ${Object.keys(suites).join(', ')}\n`,
  )
  process.exitCode = 2
} else if (named.length === 1) {
  const result = await measure(named[0] as string)
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : show(result))
} else {
  const results: Result[] = []
  for (const name of named.length > 0 ? named : Object.keys(suites)) {
    const result = await measureApart(name)
    if (flags.json) results.push(result)
    else process.stdout.write(`${show(result)}\n`)
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(results)}\n`)
}

async function measure(name: string): Promise<Result> {
  const load = suites[name] as () => Promise<Suite>
  return runSuite(await load(), pace, flags.quick === true, (row) =>
    process.stderr.write(`mortise: measuring ${name} ${row}\n`),
  )
}

async function measureApart(name: string): Promise<Result> {
  const args = [
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    name,
    '--json',
    ...(flags.quick ? ['--quick'] : []),
  ]
  const running = promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 })
  running.child.stderr?.pipe(process.stderr)
  return JSON.parse((await running).stdout)
}
