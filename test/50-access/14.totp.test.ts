import { randomBytes } from 'node:crypto'
import t from 'tap'
import { base32 } from '../../lib/access/factors/base32.js'
import { otpauthUri } from '../../lib/access/factors/otpauth.js'
import { qrSvg, qrText } from '../../lib/access/factors/qr.js'
import { matchingStep, newTotpSecret, stepAt, totpCode } from '../../lib/access/factors/totp.js'

const secret = Buffer.from('12345678901234567890')

t.test('RFC 6238 appendix B: HMAC-SHA-1, of whose 8 digits apps show the last 6', async (t) => {
  for (const [seconds, code] of [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ] as const) {
    t.equal(totpCode(secret, stepAt(seconds * 1000)), code.slice(-6), String(seconds))
  }
})

t.test('RFC 4226 appendix D', async (t) => {
  const codes = [
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ]
  t.same(
    codes.map((_, count) => totpCode(secret, count)),
    codes,
  )
})

t.test('a code is good one step before and after its own, and not twice', async (t) => {
  const now = 1_234_567_890_000
  const step = stepAt(now)
  const codes = [-2, -1, 0, 1, 2].map((off) => totpCode(secret, step + off))
  t.same(
    codes.map((code) => matchingStep(secret, code, now, -1)),
    [undefined, step - 1, step, step + 1, undefined],
  )
  t.same(
    codes.map((code) => matchingStep(secret, code, now, step)),
    [undefined, undefined, undefined, step + 1, undefined],
    'nor one that is older than the last',
  )
  t.equal(
    matchingStep(secret, ` ${codes[2]?.slice(0, 3)} ${codes[2]?.slice(3)} `, now, -1),
    step,
    'as apps show it',
  )
  for (const wrong of ['', '0', '00000', '0000000', 'abcdef', '٠٠٠٠٠٠', '1e5', `${codes[2]}0`])
    t.equal(matchingStep(secret, wrong, now, -1), undefined, JSON.stringify(wrong))
})

t.test('secrets are 160 random bits, each another one', async (t) => {
  const secrets = new Set(Array.from({ length: 100 }, () => newTotpSecret().toString('hex')))
  t.equal(secrets.size, 100)
  for (const one of secrets) t.equal(one.length, 40)
})

t.test('RFC 4648 section 10: base32', async (t) => {
  for (const [of, is] of [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const) {
    t.equal(base32(Buffer.from(of)), is)
  }
  t.match(base32(randomBytes(20)), /^[A-Z2-7]{32}$/)
})

t.test('the key URI names the account, whatever is in its name', async (t) => {
  const uri = otpauthUri('ann & bob?#/:ü@example.org', secret)
  const url = new URL(uri)
  t.equal(url.protocol, 'otpauth:')
  t.same(Object.fromEntries(url.searchParams), {
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    issuer: 'Mortise',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
  t.equal(decodeURIComponent(url.pathname), '/Mortise:ann & bob?#/:ü@example.org')
})

t.test('as a QR code it is drawn for a terminal and for a page', async (t) => {
  const uri = otpauthUri('ann', secret)
  const lines = qrText(uri).split('\n')
  t.match(qrText(uri), /^[█▀▄ \n]+$/)
  t.equal(new Set(lines.map((line) => line.length)).size, 1, 'every line is as long')
  // Light ground around it is drawn, since a terminal is dark.
  t.match(lines[0], /^█+$/)
  t.match(qrSvg(uri), /^<svg [^>]*viewBox/)
})
