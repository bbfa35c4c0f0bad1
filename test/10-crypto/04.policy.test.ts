import t from 'tap'
import {
  type Algorithm,
  admit,
  algorithms,
  callerIv,
  faceLosses,
  hashes,
  type Judged,
  judgedKey,
  modes,
  policies,
  policyTable,
  signatureSchemes,
} from '../../lib/crypto/index.js'

const approved: Judged = { name: 'AES', standing: 'approved' }
const legacy: Judged = { name: '3DES', standing: 'legacy' }
const compatible: Judged = { name: 'ChaCha20', standing: 'compatible' }

t.test('what is approved is admitted by both, for everything, and leaves no mark', async (t) => {
  for (const policy of policies) {
    for (const use of ['protect', 'process'] as const)
      t.strictSame(admit(policy, use, approved, approved), {})
  }
})

t.test('what is not approved is refused under approved and marked under compatible', async (t) => {
  for (const use of ['protect', 'process'] as const) {
    t.throws(() => admit('approved', use, approved, compatible), {
      code: 'MORTISE_CRYPTO_POLICY',
      status: 403,
      message: /refuses ChaCha20, .*MORTISE_POLICY/,
      details: { refused: 'ChaCha20', policy: 'approved' },
    })
    t.strictSame(admit('compatible', use, approved, compatible), { notApproved: 'ChaCha20' })
  }
})

t.test('legacy use: to process and not to protect', async (t) => {
  t.throws(() => admit('approved', 'protect', legacy), { code: 'MORTISE_CRYPTO_POLICY' })
  t.strictSame(admit('compatible', 'protect', legacy), { notApproved: '3DES' })
  for (const policy of policies) t.strictSame(admit(policy, 'process', legacy), { legacyUse: '3DES' })
  t.throws(() => admit('approved', 'process', legacy, compatible), { message: /refuses ChaCha20,/ })
  t.strictSame(admit('compatible', 'protect', legacy, compatible), { notApproved: '3DES, ChaCha20' })
})

t.test('the printed table has every algorithm, hash and scheme, with its standing', async (t) => {
  for (const [kind, table] of [
    ['mode', { ...modes, [callerIv.name]: callerIv }],
    ['hash', hashes],
    ['signature', signatureSchemes],
  ] as const) {
    const rows = policyTable.filter((row) => row.kind === kind)
    const expected = Object.entries(table).map(([name, { standing }]) => [name, standing])
    t.strictSame(
      rows.map(({ name, standing }) => [name, standing]),
      expected,
    )
  }
  const keys = policyTable.filter((row) => row.kind === 'key')
  for (const { name, lengths, curves } of Object.values<Algorithm>(algorithms)) {
    for (const one of curves ?? lengths) {
      const judged = typeof one === 'number' ? judgedKey(name, one, undefined) : judgedKey(name, 0, one)
      const row = keys.find((each) => each.name === judged.name)
      t.ok(row?.lengths.includes(one), `${name} ${one}`)
      t.equal(row?.standing, judged.standing)
    }
  }
})

t.test('a face loses only what the table has as not approved', async (t) => {
  const refused = new Set(
    policyTable.filter(({ standing }) => standing !== 'approved').map(({ name }) => name),
  )
  for (const { face, refused: lost } of faceLosses) {
    for (const name of lost) t.ok(refused.has(name), `${face}: ${name}`)
  }
})
