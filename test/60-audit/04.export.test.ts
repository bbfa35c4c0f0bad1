import t from 'tap'
import { SegmentVerifier } from '../../lib/audit/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

t.test('exported records verify away from the store, whole or from anywhere on', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, administrator] = [await house.as('ann'), await house.administrator()]
  for (let i = 0; i < 20; i++) await ann.random(1)
  const first = await administrator.checkpoint()
  await ann.random(1)
  const [head = ''] = await administrator.auditHeads()
  const [chain = ''] = head.split(':')
  const { lines, next } = await administrator.auditExport({ chain, from: 1 })
  t.equal(next, null)
  t.ok(lines.length > 25)
  t.match(JSON.parse(lines[10] ?? ''), {
    chain,
    sequence: 11,
    operation: 'RNGRetrieve',
    principalName: 'ann',
  })

  const problemsOf = (of: readonly string[], checkpoints: string[] = []) => {
    const verifier = new SegmentVerifier()
    for (const line of of) verifier.add(line)
    verifier.compare({ checkpoints })
    return verifier.problems
  }
  t.strictSame(problemsOf(lines, [first.text]), [])
  const { lines: later } = await administrator.auditExport({ chain, from: 8 })
  t.strictSame(problemsOf(later, [first.text]), [], 'a part of it as well')

  const changed = (from: string, to: string) =>
    lines.map((line, i) => (i === 10 ? line.replace(from, to) : line))
  const cases: Record<string, [readonly string[], RegExp]> = {
    'a record': [changed('\\"bytes\\":1', '\\"bytes\\":2'), /hash does not match/],
    'what is said of a record': [changed('"bytes":1', '"bytes":2'), /not what the record says/],
    'another time of it': [changed('"outcome":"success"', '"outcome":"denied"'), /not what the record says/],
    'a line left out': [lines.filter((_, i) => i !== 10), /does not follow/],
    'two lines exchanged': [
      [...lines.slice(0, 10), lines[11] ?? '', lines[10] ?? '', ...lines.slice(12)],
      /does not follow/,
    ],
    'another text': [[...lines, 'text'], /no exported audit record/],
  }
  for (const [what, [of, problem]] of Object.entries(cases)) {
    t.ok(
      problemsOf(of).some((one) => problem.test(one.problem)),
      what,
    )
  }
  t.match(problemsOf(lines, [first.text.replace(/"time":1/, '"time":2')]), [{ problem: /signature/ }])
  t.equal(await outcome(ann.auditExport({ chain, from: 1 })), 'MORTISE_ACCESS_DENIED')
  t.equal(await outcome(administrator.auditExport({ chain, from: 0 })), 'MORTISE_INPUT_INVALID')
})
