import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../support/package_root.js'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly output: string
}

/** Runs a program to its end. `env` replaces the whole environment. */
export function run(
  cwd: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, output: stdout + stderr })
    })
  })
}

/** npm as a program and its first argument: the one that started the tests, else the one on the path. */
export function npm(...args: string[]): [string, string[]] {
  const starter = process.env['npm_execpath'] ?? ''
  return starter.endsWith('npm-cli.js') ? [process.execPath, [starter, ...args]] : ['npm', args]
}

/** Packs the project as it would be published and unpacks it as `directory`/node_modules/mortise. */
export async function unpack(directory: string): Promise<{ tarball: string; files: string[] }> {
  await succeed(run(packageRoot, process.execPath, ['tools/run.mjs', 'prebuildify']))
  const flags = ['pack', '--ignore-scripts', '--json', '--loglevel=error', `--pack-destination=${directory}`]
  const { stdout } = await succeed(run(packageRoot, ...npm(...flags)))
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  const tarball = join(directory, packed.filename)
  const home = join(directory, 'node_modules', 'mortise')
  mkdirSync(home, { recursive: true })
  await succeed(
    run(directory, 'tar', ['--extract', '--strip-components=1', `--file=${tarball}`, `--directory=${home}`]),
  )
  return { tarball, files: packed.files.map(({ path }) => path) }
}

/** A user's program: it says what went wrong, or `sealed and opened`. */
const program = `
  try {
    const { openKeyManager } = await import('mortise')
    const km = await openKeyManager({ directory: './keys' })
    await km.ensurePrincipal({ name: 'billing' })
    const me = await km.as('billing')
    const key = await me.createKey({ algorithm: 'AES', length: 256 })
    const opened = await me.decrypt(key.id, await me.encrypt(key.id, Buffer.from('a record')))
    await km.close()
    console.log(opened.toString() === 'a record' ? 'sealed and opened' : 'mangled')
  } catch (error) {
    console.log(error.code, error.message)
  }
`

/** A user's project: a package of its own, so that `mortise` is what is installed in it. */
export const userProject = {
  'package.json': '{ "private": true, "type": "module" }',
  'program.mjs': program,
}

/** An environment whose path has Node, npm and a shell, and no compiler. */
export function withoutCompiler(directory: string): Record<string, string | undefined> {
  const programs = join(directory, 'bin')
  mkdirSync(programs)
  symlinkSync(process.execPath, join(programs, 'node'))
  symlinkSync('/bin/sh', join(programs, 'sh'))
  return { ...process.env, PATH: programs }
}

export async function succeed(running: Promise<Outcome>): Promise<Outcome> {
  const outcome = await running
  if (outcome.code !== 0) throw new Error(outcome.output)
  return outcome
}
