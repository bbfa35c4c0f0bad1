import t from 'tap'
import { Face } from './face.js'

t.test('a key is destroyed on a day, unless somebody takes it back', async (t) => {
  const face = await Face.open(t)
  const { json: key } = await face.admin('POST', '/keys', {
    body: { algorithm: 'AES', name: 'old', activate: false },
  })
  t.match(await face.admin('POST', '/keys/old/destroy', { body: { afterDays: 5 } }), { status: 400 })
  t.match(await face.admin('POST', '/keys/old/destroy', { body: { after: 5 } }), { status: 400 })
  const doomed = await face.admin('POST', '/keys/old/destroy', { body: { afterDays: 7 } })
  t.match(doomed, { status: 200, json: { state: 'PreActive', destroyAt: /^\d{4}-/ } })
  t.match(await face.admin('POST', '/keys/old/activate'), {
    status: 409,
    json: { code: 'MORTISE_KEY_STATE' },
  })
  t.match((await face.admin('GET', '/jobs')).json, {
    items: [
      { kind: 'destroy', object: key.id, name: 'old', due: doomed.json.destroyAt, failures: 0, code: null },
    ],
    next: null,
  })
  t.match(await face.admin('POST', '/keys/old/cancel-destroy'), { status: 200, json: { destroyAt: null } })
  t.match((await face.admin('GET', '/jobs?limit=1')).json, { items: [], next: null })
  t.match(
    await face.admin('POST', '/keys/old/destroy'),
    { status: 200, json: { state: 'Destroyed' } },
    'no body',
  )
})

t.test('figures and health tell of jobs', async (t) => {
  const face = await Face.open(t)
  t.match((await face.ask('GET', '/health', { token: null })).json, { jobs: { waiting: 0, failing: 0 } })
  const { text } = await face.ask('GET', '/metrics', { token: null })
  t.match(text, /^mortise_jobs_waiting 0$/m)
  t.match(text, /^mortise_jobs_failing 0$/m)
  t.match(text, /^mortise_job_runs_total\{outcome="failure"\} 0$/m)
})

t.test('a rotation policy is set, seen, run into the next version and removed', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'k', length: 128 } })
  t.match(await face.admin('PUT', '/keys/k/rotation', { body: { interval: 'P1Y' } }), { status: 400 })
  t.match(await face.admin('PUT', '/keys/k/rotation', { body: { every: '90d' } }), { status: 400 })
  const set = await face.admin('PUT', '/keys/k/rotation', {
    body: { interval: '90d', offset: 'PT1H', keepActive: 2 },
  })
  t.match(set, { status: 200, json: { policy: { interval: 'P90D', offset: 'PT1H', keepActive: 2 } } })
  t.match((await face.admin('GET', '/keys/k')).json.rotation, set.json.policy)
  t.match((await face.admin('GET', '/jobs')).json, { items: [{ kind: 'rotate', name: 'k' }] })
  const rekeyed = await face.admin('POST', '/keys/k/rekey', { body: { length: 256, offset: 'P1D' } })
  t.match(rekeyed.json.replacement, { length: 256, state: 'PreActive', rotation: { interval: 'P90D' } })
  t.equal(rekeyed.json.replaced.rotation, null)
  t.match(await face.admin('POST', '/keys/k/rekey', { body: { extractable: true } }), { status: 400 })
  t.match(await face.admin('POST', '/keys/k/rekey'), {
    status: 200,
    json: { replacement: { keyVersion: 3 } },
  })
  t.match(await face.admin('DELETE', '/keys/k/rotation'), { status: 200, json: { policy: null } })
  t.match((await face.admin('GET', '/keys/k/rotation')).json, { policy: null, advice: { interval: 'P730D' } })
})
