import t from 'tap'
import { bothWays, json, mortise } from './house.js'

t.test('What one does only once another has approved it', async (t) => {
  const { server, directory, url } = await bothWays(t)
  for (const [way, run] of Object.entries({ directory, url })) {
    const [officer, name] = [`${way}@example.org`, `${way}/1`]
    await run(['principal', 'create', officer])
    const { text: token } = json(await run(['token', 'create', '--principal', officer, '--json']))
    const asOfficer = (args: readonly string[]) =>
      way === 'directory'
        ? directory([...args, '--as', officer])
        : mortise([...args, '--url', server.url], { env: { MORTISE_TOKEN: token } })
    await run(['group', 'create', way, '--member', officer])
    const scope = ['--scope', `name:${way}/*`]
    const set = ['quorum', 'policy', 'set', 'Destroy', ...scope, '--group', way, '--approvals', '1']
    t.match(json(await run([...set, '--lifetime', '3600', '--json'])), {
      act: 'Destroy',
      scope: { namePrefix: `${way}/` },
      approvals: 1,
      lifetime: 3600,
    })
    t.match(await run(['quorum', 'policy', 'list']), {
      stdout: new RegExp(`Destroy +name:${way}/\\* +1 +${way} +3600`),
    })
    const { id } = json(await run(['keys', 'create', '--name', name, '--json']))
    await run(['keys', 'revoke', name])
    t.match(await run(['keys', 'destroy', name]), {
      code: 1,
      stderr: /needs 1 approval by the group .* \(MORTISE_QUORUM_REQUIRED\)/,
    })
    t.match(await run(['access', 'explain', 'admin', 'Destroy', name]), {
      code: 1,
      stdout: /^refused \(MORTISE_QUORUM_REQUIRED\)[\s\S]*quorum +- +refuses +needs 1 approval/,
    })
    const [request] = json(await asOfficer(['quorum', 'requests', '--json'])).requests
    t.match(request, { principalName: 'admin', operation: 'Destroy', objects: [{ id, name }] })
    t.match(await run(['quorum', 'requests']), {
      stdout: new RegExp(`${request.id} +admin +Destroy +${name} 1 .*0/1 ${way}`),
    })
    t.match(await run(['quorum', 'approve', request.id]), { code: 1, stderr: /\(MORTISE_ACCESS_DENIED\)/ })
    t.match(await asOfficer(['quorum', 'approve', request.id]), { code: 0, stdout: /operation +Destroy/ })
    t.match(json(await run(['keys', 'destroy', name, '--json'])), { id, state: 'Destroyed' })

    const remove = ['quorum', 'policy', 'remove', 'Destroy', ...scope]
    t.match(await run(remove), { code: 1, stderr: /\(MORTISE_QUORUM_REQUIRED\)/ })
    const [removal] = json(await run(['quorum', 'requests', '--json'])).requests
    t.match(await asOfficer(['quorum', 'reject', removal.id]), { code: 0 })
    t.match(json(await run(['quorum', 'requests', '--json'])).requests, [])
    t.match(await url([...remove, '--as-host']), { code: 2, stderr: /cannot be used with/ })
    t.match(await directory([...remove, '--as-host']), { code: 0 }, 'who has the root key has a way out')
    t.match(await run(['quorum', 'policy', 'list', '--json']), { stdout: /"policies":\[\]/ })
  }
})
