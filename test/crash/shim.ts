import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

/** Why there is no shim here; false where there is one. */
export const noShim = process.platform !== 'linux' && 'the shim is for Linux'

/** A directory in memory where there is such a place: what is torn here is torn by the replay, not by a disk. */
export function quickDirectory(t: Test): string {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mortise-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Compiles the shim into a directory; the environment in which it watches another one. */
export function compileShim(
  directory: string,
  watched: { readonly root: string; readonly control?: string; readonly trace?: string },
): Record<string, string> {
  const library = join(directory, 'shim.so')
  const source = fileURLToPath(new URL('shim/faults.c', import.meta.url))
  execFileSync('cc', ['-O1', '-Wall', '-Werror', '-shared', '-fPIC', '-o', library, source, '-ldl'])
  return {
    ...(process.env as Record<string, string>),
    LD_PRELOAD: library,
    MORTISE_FAULTS_ROOT: watched.root,
    ...(watched.control !== undefined && { MORTISE_FAULTS_CONTROL: watched.control }),
    ...(watched.trace !== undefined && { MORTISE_FAULTS_TRACE: watched.trace }),
  }
}

/** The control file of the shim, from within the process that it watches. */
export class ShimControl {
  readonly #file: number

  constructor(path = process.env['MORTISE_FAULTS_CONTROL'] ?? '') {
    this.#file = openSync(path, 'w+')
  }

  /** Gives a command; the number of calls since the one before. */
  command(text: string): number {
    writeSync(this.#file, text)
    const answer = Buffer.alloc(20)
    if (readSync(this.#file, answer, 0, 20, 0) !== 20)
      throw new Error('the shim does not answer: is it loaded?')
    return Number(answer.toString())
  }

  close(): void {
    closeSync(this.#file)
  }
}
