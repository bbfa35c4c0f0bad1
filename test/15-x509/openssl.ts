import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What Debian's openssl says, and whether it was content. Files are given by name and content. */
export function openssl(
  args: readonly string[],
  files: Readonly<Record<string, Uint8Array | string>> = {},
): { readonly ok: boolean; readonly text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mortise-openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    const { status, stdout, stderr, error } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
    if (error) throw error
    return { ok: status === 0, text: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
