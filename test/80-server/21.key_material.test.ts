/** Keys that come in, go out, and are made of other keys, from the command line. */
import { generateKeyPairSync, hkdfSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { bothWays, json, type Ran } from './house.js'

function text({ code, stdout, stderr }: Ran): string {
  if (code !== 0) throw new Error(stderr)
  return stdout.toString().trim()
}

t.test('Derive, split, join, wrap and data keys from the command line', async (t) => {
  const { directory, url } = await bothWays(t)
  const files = t.testdir()
  for (const [way, run] of Object.entries({ directory, url })) {
    const file = async (name: string, content: string | Buffer) => {
      const path = join(files, `${way}-${name}`)
      await writeFile(path, content)
      return path
    }
    const named = (name: string) => `${name} of ${way}`
    const create = (name: string, ...args: string[]) =>
      run(['keys', 'create', '--name', named(name), ...args]).then(text)
    const bytes = async (key: string) => Buffer.from(text(await run(['keys', 'export', key])), 'base64')

    await create('base', '--extractable', '--usage', 'DeriveKey')
    const derive = ['keys', 'derive', named('base'), '--salt', 'salt', '--info', 'info', '--extractable']
    const child = json(await run([...derive, '--length', '128', '--json']))
    t.match(child, { algorithm: 'AES', length: 128 })
    const derived = hkdfSync('sha256', await bytes(named('base')), 'salt', 'info', 16)
    t.same(await bytes(child.id), Buffer.from(derived), `${way}: derived`)
    const pair = ['keys', 'create-pair', '--algorithm', 'EC', '--private-usage', 'KeyAgreement', '--json']
    const own = json(await run(pair)).privateKey.id
    const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    const peerFile = await file('peer.pem', peer.export({ type: 'spki', format: 'pem' }).toString())
    t.match(json(await run(['keys', 'derive', own, '--peer', peerFile, '--json'])), { length: 256 })

    await create('whole', '--extractable')
    const material = await bytes(named('whole'))
    const split = ['keys', 'split', named('whole'), '--parts', '3', '--threshold', '2', '--extractable']
    const shares: { id: string }[] = json(await run([...split, '--name', named('share'), '--json']))
    t.equal(shares.length, 3)
    const joining = ['keys', 'join', '--extractable', '--json']
    const joined = json(await run([...joining, `${named('share')}-3`, `${named('share')}-1`]))
    t.same(await bytes(joined.id), material, `${way}: joined`)

    const again: string[] = []
    for (const { id } of shares.slice(1)) {
      const info = await file(`${id}.json`, text(await run(['keys', 'get', id, '--json'])))
      const exported = await file(`${id}.share`, text(await run(['keys', 'export', id])))
      const register = ['keys', 'register-share', exported, '--info', info, '--extractable', '--json']
      const registered = json(await run(register))
      t.match(registered, { type: 'SplitKey', splitKey: { parts: 3, threshold: 2 } })
      again.push(registered.id)
    }
    const rejoined = json(await run([...joining, ...again]))
    t.same(await bytes(rejoined.id), material, `${way}: joined of shares that were registered again`)
    const wrong = await file('wrong.json', '{}')
    t.match(await run(['keys', 'register-share', '--info', wrong], 'AAAA'), { code: 1, stderr: /share/ })

    await create('wrapping', '--usage', 'WrapKey', '--usage', 'UnwrapKey')
    await create('secret', '--extractable', '--sensitive')
    const by = ['--wrapped-by', named('wrapping'), '--wrap-method', 'AES-KW']
    const wrapped = text(await run(['keys', 'export', named('secret'), ...by]))
    const importing = ['keys', 'import', '--base64', '--algorithm', 'AES', ...by, '--json']
    const back = json(await run(importing, wrapped))
    const box = text(await run(['encrypt', named('secret'), '--format', 'gcm'], 'data'))
    t.equal(text(await run(['decrypt', back.id, '--format', 'gcm'], box)), 'data', `${way}: wrapped`)

    await create('kek')
    const made = text(await run(['data-key', 'generate', named('kek'), '--aad', 'tenant']))
    t.equal(Buffer.from(made, 'base64').length, 80)
    const clear = json(await run(['data-key', 'generate', named('kek'), '--plaintext']))
    t.equal(text(await run(['data-key', 'decrypt', named('kek')], clear.wrapped)), clear.plaintext)
    text(await run(['keys', 'rekey', named('kek')]))
    const rewrap = ['data-key', 'rewrap', named('kek'), '--aad', 'tenant']
    const rewrapped = text(await run(rewrap, made))
    t.equal(Buffer.from(rewrapped, 'base64').readUInt32BE(1), 2)
    const decrypt = ['data-key', 'decrypt', named('kek'), '--aad', 'tenant']
    t.equal(text(await run(decrypt, rewrapped)), text(await run(decrypt, made)), `${way}: data keys`)
    t.match(await run(['data-key', 'decrypt', named('kek')], made), { code: 1, stderr: /decryption failed/ })
  }
})
