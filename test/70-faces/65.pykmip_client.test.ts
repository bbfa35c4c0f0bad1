/** Debian's PyKMIP, the client that most others were tried with, over mutual TLS. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { packageRoot } from '../support/package_root.js'
import { KmipServer } from './kmip_server.js'

const python = '/usr/bin/python3'
const there = existsSync('/usr/lib/python3/dist-packages/kmip')
const server = await KmipServer.start(t)

type Result = readonly [step: string, done: boolean, answer: unknown]

for (const version of ['1.0', '1.1', '1.2', '1.3', '1.4', '2.0']) {
  t.test(`KMIP ${version}`, { skip: !there && 'python3-pykmip is not installed' }, async (t) => {
    const { port, files } = server
    const { stdout } = await promisify(execFile)(python, [
      '-W',
      'ignore',
      join(packageRoot, 'test/70-faces/pykmip_client.py'),
      String(port),
      files.root,
      files.certificate,
      files.key,
      `KMIP_${version.replace('.', '_')}`,
      'ann',
    ])
    const results = JSON.parse(stdout) as Result[]
    const refused = results.filter(([, done]) => !done).map(([step]) => step)
    const why = JSON.stringify(results.filter(([, done]) => !done))
    t.same(refused, ['destroy an active one', 'get what is gone'], why)
    const answers = new Map(results.map(([step, , answer]) => [step, answer]))
    t.equal(answers.get('get'), 32)
    t.equal(answers.get('get secret'), 'correct horse')
    t.equal(answers.get('locate'), true)
    t.equal(answers.get('check'), true)
    for (const kind of ['certificate', 'registered public', 'registered private'])
      t.equal(answers.get(`get ${kind}`), true, kind)
    t.same(answers.get('get_attributes'), ['256'])
    t.ok(Number(answers.get('query')) > 20)
    if (version < '1.2') return
    t.equal(answers.get('decrypt'), 'hello')
    t.equal(answers.get('signature_verify'), 'VALID')
    t.match(answers.get('mac'), /^[0-9a-f]{64}$/)
  })
}
