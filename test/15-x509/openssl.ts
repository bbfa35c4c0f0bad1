import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What Debian's openssl says, whether it was content, and what it wrote into the file `out`. Files are given by name and content. */
export function openssl(
  args: readonly string[],
  files: Readonly<Record<string, Uint8Array | string>> = {},
): { readonly ok: boolean; readonly text: string; readonly out: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'mortise-openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    const { status, stdout, stderr, error } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
    if (error) throw error
    const out = join(folder, 'out')
    return {
      ok: status === 0,
      text: stdout + stderr,
      out: existsSync(out) ? readFileSync(out) : Buffer.alloc(0),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
