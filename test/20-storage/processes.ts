import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const neighbour = fileURLToPath(new URL('./neighbour.js', import.meta.url))

/** Starts a program; what it prints is gathered. */
export class Program {
  readonly child: ChildProcess
  printed = ''

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.printed += chunk.toString()
    })
  }

  /** Waits for its end; the exit code, or the signal that ended it. */
  async ended(): Promise<number | string> {
    const [code, signal] = (await once(this.child, 'close')) as [number | null, string | null]
    return code ?? signal ?? 'unknown'
  }
}

export function startNeighbour(task: string, directory: string): Program {
  return new Program(process.execPath, [neighbour, task, directory])
}

/** A neighbour that writes, killed in the middle; the sequence number of the last record that it saw acknowledged. */
export async function killWriter(directory: string): Promise<number> {
  const writer = startNeighbour('write', directory)
  while (writer.printed.length < 2000) await once(writer.child.stdout as NodeJS.EventEmitter, 'data')
  writer.child.kill('SIGKILL')
  await writer.ended()
  return Number(writer.printed.trimEnd().split('\n').at(-2))
}
