import t from 'tap'
import { Cache } from '../../lib/access/cache.js'

function counted(load: (key: string) => string | undefined, size = 3) {
  const loads: string[] = []
  const cache = new Cache<string>(size, async (key) => {
    loads.push(key)
    return load(key)
  })
  return { cache, loads }
}

t.test('loads once, and callers share a load', async (t) => {
  const { cache, loads } = counted((key) => key.toUpperCase())
  t.strictSame(await Promise.all([cache.get('a'), cache.get('a')]), ['A', 'A'])
  t.equal(await cache.get('a'), 'A')
  t.strictSame(loads, ['a'])
})

t.test('drops what was not used for longest', async (t) => {
  const { cache, loads } = counted((key) => key)
  for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await cache.get(key)
  t.strictSame(loads, ['a', 'b', 'c', 'd', 'b'])
})

t.test('keeps neither what is absent nor what failed', async (t) => {
  let calls = 0
  const { cache } = counted((key) => {
    calls++
    if (key === 'broken') throw new Error('broken')
    return undefined
  })
  t.equal(await cache.get('absent'), undefined)
  t.equal(await cache.get('absent'), undefined)
  await t.rejects(cache.get('broken'))
  await t.rejects(cache.get('broken'))
  t.equal(calls, 4)
})

t.test('a load that forgetting overtakes is not kept', async (t) => {
  const answers: ((value: string) => void)[] = []
  const cache = new Cache<string>(3, () => new Promise((resolve) => answers.push(resolve)))
  const early = cache.get('a')
  cache.forget('a')
  const late = cache.get('a')
  answers[1]?.('new')
  answers[0]?.('old')
  t.equal(await early, 'old', 'who asked before is answered with what was so then')
  t.equal(await late, 'new')
  t.equal(await cache.get('a'), 'new')
  cache.forgetAll()
  void cache.get('a')
  t.equal(answers.length, 3)
})
