import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { bothWays, json } from './house.js'

t.test('Attributes, locate, archive and register from the command line', async (t) => {
  const { directory, url } = await bothWays(t)
  const secret = join(t.testdir(), 'secret')
  await writeFile(secret, 'correct horse')
  for (const [way, run] of Object.entries({ directory, url })) {
    const key = `key of ${way}`
    const vendor = '{"name":"system","value":7}'
    t.match(
      json(
        await run([
          ...[
            'keys',
            'create',
            '--name',
            key,
            '--attribute',
            `ObjectGroup=${way}`,
            '--attribute',
            'ObjectGroup=all',
          ],
          ...['--attribute', `VendorAttribute=${vendor}`, '--json'],
        ]),
      ),
      { name: key, state: 'Active' },
    )
    const group = async (name: string) =>
      json(await run(['keys', 'locate', '--group', name, '--json'])).items.map(
        (one: { name: string }) => one.name,
      )
    t.strictSame(await group(way), [key])
    const located = await run([
      'keys',
      'locate',
      '--vendor-attribute',
      'system=7',
      '--group',
      way,
      '--usage',
      'Encrypt',
    ])
    t.match(located.stdout.toString(), key)

    t.match(json(await run(['keys', 'attributes', 'add', key, 'ObjectGroup', 'more', '--json'])), {
      attributes: { ObjectGroup: [way, 'all', 'more'] },
    })
    await run(['keys', 'attributes', 'modify', key, 'ObjectGroup', 'less', '--current', 'more'])
    await run(['keys', 'attributes', 'set', key, 'QuantumSafe', 'true'])
    await run(['keys', 'attributes', 'delete', key, 'ObjectGroup', 'all'])
    t.strictSame(
      json(await run(['keys', 'attributes', 'get', key, 'ObjectGroup', 'QuantumSafe', '--json'])),
      {
        ObjectGroup: [way, 'less'],
        QuantumSafe: true,
      },
    )
    t.match((await run(['keys', 'attributes', 'get', key])).stdout.toString(), /ObjectGroup +\S+, less\n/)
    t.match(await run(['keys', 'attributes', 'set', key, 'State', 'Active']), {
      code: 1,
      stderr: /\(MORTISE_ATTRIBUTE_READ_ONLY\)/,
    })

    t.match(await run(['keys', 'archive', key]), { code: 0 })
    t.match(await run(['keys', 'rekey', key]), { code: 1, stderr: /\(MORTISE_KEY_ARCHIVED\)/ })
    t.match(await run(['keys', 'recover', key]), { code: 0 })

    const name = `secret of ${way}`
    t.match(json(await run(['keys', 'register', secret, '--type', 'SecretData', '--name', name, '--json'])), {
      type: 'SecretData',
    })
    const exported = await run(['keys', 'export', name])
    t.equal(Buffer.from(exported.stdout.toString(), 'base64').toString(), 'correct horse')
  }
})
