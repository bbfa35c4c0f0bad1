import { mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'

t.test('a checkpoint that could not be exported is told of until one is', async (t) => {
  const directory = t.testdir({ file: '' })
  const checkpointDirectory = join(directory, 'file')
  const house = await KeyHouse.build(t, { checkpointDirectory })
  const administrator = await house.administrator()
  t.match(await house.km.auditHealth(), { checkpointFailure: null })
  await t.rejects(administrator.checkpoint())
  t.match(await house.km.auditHealth(), { checkpointFailure: /^E/ })
  await house.close()
  const km = await house.open({ checkpointSeconds: 1 })
  await until(async () => (await km.auditHealth()).checkpointFailure !== null)
  renameSync(checkpointDirectory, `${checkpointDirectory}.away`)
  await until(async () => (await km.auditHealth()).checkpointFailure === null)
  t.ok(readdirSync(checkpointDirectory).some((name) => name.endsWith('000000000001.checkpoint')))
  await km.close()
})

t.test('an export that fails at one checkpoint leaves no gap for good', async (t) => {
  const checkpointDirectory = t.testdir()
  const house = await KeyHouse.build(t)
  const first = (await (await house.administrator()).checkpoint()).checkpoint
  // Where the first one is to be drafted.
  const name = `${first.store}-000000000001.checkpoint`
  const obstacle = join(checkpointDirectory, `${name}.${process.pid}.new`)
  mkdirSync(obstacle)
  const km = await house.open({ checkpointDirectory })
  const administrator = await house.administrator(km)
  await t.rejects(administrator.checkpoint())
  rmdirSync(obstacle)
  await administrator.checkpoint()
  t.match(await km.auditHealth(), { checkpointFailure: null })
  const numbers = readdirSync(checkpointDirectory).flatMap(
    (file) => /-0*(\d+)\.checkpoint$/.exec(file)?.[1] ?? [],
  )
  t.strictSame(numbers.sort(), ['1', '2', '3'])
})

t.test('exports that meet in one process do not get in each other’s way', async (t) => {
  const checkpointDirectory = t.testdir()
  const house = await KeyHouse.build(t)
  const first = await house.administrator()
  for (let i = 0; i < 5; i++) await first.checkpoint()
  // It begins with an export of what is missing.
  const km = await house.open({ checkpointDirectory, checkpointSeconds: 300 })
  const administrator = await house.administrator(km)
  await Promise.all(Array.from({ length: 5 }, () => administrator.checkpoint()))
  t.match(await km.auditHealth(), { checkpointFailure: null })
  t.equal(readdirSync(checkpointDirectory).filter((name) => name.endsWith('.checkpoint')).length, 10)
  t.equal(readdirSync(checkpointDirectory).filter((name) => name.endsWith('.new')).length, 0)
})
