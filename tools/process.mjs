// Running other programs: what is going on goes to stderr, so that stdout belongs to the thing that was asked for.

import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Something that the reader can mend: shown without a stack. */
export class Failure extends Error {}

export function say(text) {
  process.stderr.write(`mortise: ${text}\n`)
}

/**
 * Runs a program that prepares something. Its output is shown only when it fails, and a line every ten seconds says that
 * it is still at work.
 */
export async function step(title, command, args, { cwd = root, env } = {}) {
  say(`${title} ...`)
  const started = Date.now()
  const seconds = () => ((Date.now() - started) / 1000).toFixed(1)
  const heartbeat = setInterval(() => say(`${title} ... ${Math.round(seconds())} s`), 10_000)
  try {
    const child = await run(command, args, { cwd, env })
    if (child.code !== 0) {
      process.stderr.write(child.output)
      throw new Failure(`${title} failed (${child.reason}): ${[command, ...args].join(' ')}`)
    }
  } finally {
    clearInterval(heartbeat)
  }
  say(`${title}: done in ${seconds()} s`)
}

/** Runs a program to its end and gathers what it writes. `timeout` in milliseconds. */
export function run(command, args, { cwd = root, env, timeout } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    })
    const stdout = []
    const output = []
    child.stdout.on('data', (chunk) => {
      stdout.push(chunk)
      output.push(chunk)
    })
    child.stderr.on('data', (chunk) => output.push(chunk))
    child.on('error', (error) => resolve({ code: 127, reason: error.message, stdout: '', output: '' }))
    child.on('close', (code, signal) =>
      resolve({
        code: code ?? 1,
        reason: signal ?? `exit ${code}`,
        stdout: Buffer.concat(stdout).toString(),
        output: Buffer.concat(output).toString(),
      }),
    )
  })
}

/** How many programs run side by side. */
export const jobs = Math.max(2, availableParallelism())

/** Does something with each item, so many side by side as there are jobs, and begins them in their order. */
export async function eachOf(items, work) {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

/** Runs a program that speaks to the reader itself. Returns its exit code. */
export function show(command, args, { cwd = root, env } = {}) {
  const child = spawnSync(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' })
  return child.status ?? 1
}
