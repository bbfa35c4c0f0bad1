// What the single executable runs first. Its files go into a directory that only this user can enter, for the life of the
// process: an add-on must be a file to be loaded, and the store's thread starts from one.

const { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { tmpdir } = require('node:os')
const { dirname, join } = require('node:path')
const { getAsset, getRawAsset } = require('node:sea')

removeAbandoned()
const home = mkdtempSync(join(tmpdir(), `mortise-${process.pid}-`))
process.on('exit', () => rmSync(home, { recursive: true, force: true }))
for (const file of JSON.parse(getAsset('files.json', 'utf8'))) {
  mkdirSync(dirname(join(home, file)), { recursive: true, mode: 0o700 })
  writeFileSync(join(home, file), Buffer.from(getRawAsset(file)), { mode: 0o500 })
}
createRequire(join(home, 'start.cjs'))('./start.cjs')

/** Those of processes of this user that were killed. */
function removeAbandoned() {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^mortise-(\d+)-\w{6}$/.exec(name) ?? []
    if (pid === undefined || isAlive(Number(pid))) continue
    const path = join(tmpdir(), name)
    if (statSync(path, { throwIfNoEntry: false })?.uid === process.getuid())
      rmSync(path, { recursive: true, force: true })
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code !== 'ESRCH'
  }
}
