import t from 'tap'
import { bothWays, json } from './house.js'

t.test('Destructions and rotations are scheduled on a directory and against a server alike', async (t) => {
  const { directory, url } = await bothWays(t)
  for (const [way, run] of Object.entries({ directory, url })) {
    const name = `${way}/key`
    await run(['keys', 'create', '--name', name])
    const set = ['keys', 'rotation', 'set', name, '--every', '90d', '--keep-active', '3', '--json']
    t.match(json(await run(set)), { policy: { interval: 'P90D', keepActive: 3 } })
    t.match((await run(['keys', 'rotation', 'show', name])).stdout.toString(), /^interval +P90D$/m)
    t.match((await run(['jobs', 'list'])).stdout.toString(), /^DUE +WHAT +KEY.*\n.* rotate /)
    t.match(json(await run(['keys', 'rekey', name, '--offset', '1h', '--json'])), {
      replacement: { keyVersion: 2, state: 'PreActive', rotation: { interval: 'P90D' } },
    })
    t.match(json(await run(['keys', 'rotation', 'remove', name, '--json'])), { policy: null })
    t.match(json(await run(['keys', 'destroy', name, '--after', '7d', '--json'])), { destroyAt: /^\d{4}-/ })
    t.match(json(await run(['jobs', 'list', '--json'])), { items: [{ kind: 'destroy', name }], next: null })
    t.match(json(await run(['keys', 'cancel-destroy', name, '--json'])), { destroyAt: null })
    t.match(await run(['keys', 'destroy', name, '--after', '3d']), {
      code: 1,
      stderr: /MORTISE_INPUT_INVALID/,
    })
    t.match(await run(['keys', 'destroy', name, '--after', 'soon']), { code: 2 })
  }
})
