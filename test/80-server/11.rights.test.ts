import t from 'tap'
import { bothWays, json } from './house.js'

t.test('Groups, roles, scopes and why somebody may do something', async (t) => {
  const { directory, url } = await bothWays(t)
  for (const [way, run] of Object.entries({ directory, url })) {
    const who = `${way}@example.org`
    const group = `${way} billing`
    await run(['principal', 'create', who])
    await run(['keys', 'create', '--name', `${way}/1`])
    t.match(
      json(await run(['group', 'create', group, '--member', who, '--description', 'bills', '--json'])),
      {
        name: group,
        description: 'bills',
        system: false,
      },
    )
    const explain = ['access', 'explain', who, 'Encrypt', `${way}/1`]
    t.match(await run(explain), {
      code: 1,
      stdout: /^refused \(MORTISE_KEY_NOT_FOUND\)[\s\S]*owner +Encrypt +silent/,
    })

    const scope = `name:${way}/*`
    t.match(await run(['grant', 'add-scope', scope, 'Encrypt', 'Get', '--group', group]), { code: 0 })
    t.match(await run(explain), { code: 0, stdout: /^allowed[\s\S]*granted Encrypt on name:.* to the group/ })
    t.match(await run(['grant', 'list-scopes']), {
      stdout: new RegExp(`name:${way}/\\* +${group} .*Encrypt, Get`),
    })
    t.match(json(await run(['grant', 'remove-scope', scope, 'Get', '--group', group, '--json'])), {
      permissions: ['Encrypt'],
    })

    const role = `${way}-officer`
    const made = [
      'role',
      'create',
      role,
      '--object',
      'Get',
      '--object',
      'Revoke',
      '--scope',
      `name:${way}/*`,
      '--json',
    ]
    t.match(json(await run(made)), { objects: ['Get', 'Revoke'], scope: { namePrefix: `${way}/` } })
    t.match(json(await run(['role', 'set', role, '--object', 'Get', '--no-scope', '--json'])), {
      objects: ['Get'],
      scope: null,
    })
    const set = [
      'group',
      'set',
      group,
      '--role',
      role,
      '--name',
      `${group} 2`,
      '--metadata',
      '{"of":"sales"}',
    ]
    t.match(json(await run([...set, '--json'])), {
      roles: [role],
      name: `${group} 2`,
      metadata: { of: 'sales' },
    })
    t.match(await run(['group', 'set', `${group} 2`, '--metadata', '[]']), { stderr: /JSON object/ })
    t.match(await run(['role', 'delete', role]), { code: 1, stderr: /\(MORTISE_ROLE_HELD\)/ })
    t.match(await run(['role', 'list']), { stdout: new RegExp(`administrator[\\s\\S]*${role} `) })
    t.match(await run(['group', 'members', `${group} 2`]), { stdout: new RegExp(who) })
    t.match(await run(['group', 'list', '--of', who]), { stdout: new RegExp(`${group} 2 +${role}`) })
    t.match(await run(['group', 'remove', `${group} 2`, who]), { code: 0 })
    t.match(await run(['group', 'add', 'Audit Admins', who]), { code: 0, stdout: /Audit Admins/ })
    t.match(await run(explain), { code: 1, stdout: /^refused \(MORTISE_ACCESS_DENIED\)/ })
    t.match(await run(['group', 'delete', `${group} 2`]), { code: 0 })
    t.match(await run(['role', 'delete', role]), { code: 0 })
  }
})
