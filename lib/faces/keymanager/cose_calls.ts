import { randomUUID } from 'node:crypto'
import Type from 'typebox'
import type { SignatureScheme } from '../../core/index.js'
import type { App } from '../http/index.js'
import { claimsOf, encoded, invalid, type ParsedCose, parseCose, toBeSigned } from './cose.js'
import { localNow, signingNameIn } from './names.js'
import { algorithmIn, signerOf, unsignable, unverifiable, verdict, verdictOf } from './signatures.js'
import { type Called, calls, type Fields, isObject } from './wrapper.js'

/** Labels of claims (RFC 8392 section 4), and the identity of claim 169. */
const claim = { iss: 1, sub: 2, aud: 3, exp: 4, nbf: 5, iat: 6, cti: 7, identity: 169 }
/** What a payload cannot claim beside what the request says. */
const registered = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'cti', '1', '2', '3', '4', '5', '6', '7']
const usualDays = 180
const secondsOfDay = 86_400

const refusals = {
  ...unverifiable,
  'MORTISE_INPUT_INVALID cbor': 'KER-SIG-114',
  'MORTISE_INPUT_INVALID hex': 'KER-SIG-114',
  'MORTISE_INPUT_INVALID claims': 'KER-SIG-114',
  'MORTISE_INPUT_INVALID token': 'KER-CWS-111',
  'MORTISE_INPUT_INVALID sign1': 'KER-CWS-112',
  'MORTISE_INPUT_INVALID future': 'KER-SIG-115',
  'MORTISE_INPUT_INVALID expired': 'KER-SIG-116',
  'MORTISE_INPUT_INVALID negative': 'KER-SIG-117',
  'MORTISE_INPUT_INVALID unclaimed': 'KER-SIG-118',
  'MORTISE_INPUT_INVALID unmatched': 'KER-SIG-119',
}

/** COSE_Sign1 and CBOR Web Tokens, in hexadecimal as MOSIP has them. */
export function coseCalls(app: App): void {
  const post = calls(app, 'POST')
  const signing = {
    refusals: { ...refusals, ...unsignable },
    answers: { signedData: Type.String({ description: 'Hexadecimal' }), timestamp: Type.String() },
  }
  post(
    '/coseSign1',
    { ...signing, required: ['payload'], summary: 'Sign bytes as COSE_Sign1' },
    async (called) => signed(called, called.fields.bytes('payload'), false),
  )
  post('/cwtSign', { ...signing, summary: 'Sign claims as a CBOR Web Token' }, async (called) => {
    if (called.fields.text('claim169Payload') === '') called.fields.require(['payload'])
    return signed(called, encoded(claimsIn(called.fields)), true)
  })
  const verifying = { refusals, required: ['coseSignedData'], answers: verdict }
  post(
    '/coseVerify1',
    { ...verifying, summary: 'Verify a COSE_Sign1 by any key that its name has had' },
    async (called) => judged(called, parseCose(hexadecimalIn(called.fields, 'coseSignedData'), false)),
  )
  post(
    '/cwtVerify',
    { ...verifying, summary: 'Verify a CBOR Web Token, its dates, and of whom it is' },
    async (called) => {
      const parsed = parseCose(hexadecimalIn(called.fields, 'coseSignedData'), true)
      requireClaims(called.fields, claimsOf(parsed))
      return judged(called, parsed)
    },
  )
}

async function signed({ keymanager, fields }: Called, payload: Uint8Array, isToken: boolean) {
  const alg: SignatureScheme = algorithmIn(fields, 'RS256', 'algorithm')
  const headers = {
    protected: fields.object('protectedHeader'),
    unprotected: fields.object('unprotectedHeader'),
  }
  const showsChain = Object.values(headers).some((one) => one['includeCertificateChain'] === true)
  const prepared: { finish?: (signature: Uint8Array) => Buffer } = {}
  const { signature } = await keymanager.sign(
    signingNameIn(fields),
    async (key) => {
      const chain = showsChain ? (await key.chain()).map(({ der }) => der) : []
      const { data, finish } = toBeSigned(alg, { ...key, chain }, payload, headers, isToken)
      prepared.finish = finish
      return data
    },
    alg,
  )
  return { signedData: prepared.finish?.(signature).toString('hex'), timestamp: localNow() }
}

async function judged(called: Called, { said, data, signature }: ParsedCose) {
  return verdictOf(called, said && (await signerOf(called, said, data, signature)))
}

/** @throws MORTISE_INPUT_INVALID */
function claimsIn(fields: Fields): Map<unknown, unknown> {
  const issued = Math.floor(Date.now() / 1000)
  const begins = issued + daysIn(fields, 'notBeforeDays', 0) * secondsOfDay
  const id = fields.text('CWTId')
  const identity = fields.text('claim169Payload')
  const said = [
    [claim.iss, fields.text('issuer')],
    [claim.sub, fields.text('subject')],
    [claim.aud, fields.text('audience')],
  ] as const
  return new Map<unknown, unknown>([
    ...said.filter(([, value]) => value !== ''),
    [claim.exp, begins + daysIn(fields, 'expireDays', usualDays) * secondsOfDay],
    [claim.nbf, begins],
    [claim.iat, issued],
    ...(id === ''
      ? []
      : [[claim.cti, Buffer.from(id.toUpperCase() === 'UUID' ? randomUUID() : id)] as const]),
    ...(identity === '' ? [] : [[claim.identity, hexadecimalIn(fields, 'claim169Payload')] as const]),
    ...Object.entries(payloadIn(fields))
      .filter(([name]) => !registered.includes(name))
      // A name of digits is a label.
      .map(([name, value]) => [/^-?\d{1,9}$/.test(name) ? Number(name) : name, value] as const),
  ])
}

function payloadIn(fields: Fields): Readonly<Record<string, unknown>> {
  if (fields.text('payload') === '') return {}
  const bytes = fields.bytes('payload')
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (isObject(value)) return value
  } catch {
    // Said below.
  }
  throw invalid('the payload is no JSON object', 'json')
}

/** @throws MORTISE_INPUT_INVALID */
function daysIn(fields: Fields, name: string, usual: number): number {
  const days = fields.whole(name) ?? usual
  if (days < 0) throw invalid(`request.${name} should not be negative`, 'negative')
  return days
}

function hexadecimalIn(fields: Fields, name: string): Buffer {
  const text = fields.text(name)
  if (/^([\da-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex')
  throw invalid(`request.${name} should be hexadecimal`, 'hex')
}

/** @throws MORTISE_INPUT_INVALID for a token out of its time, and one of somebody else than the request names */
function requireClaims(fields: Fields, claims: ReadonlyMap<unknown, unknown>): void {
  const now = Date.now() / 1000
  const [begins, ends] = [claims.get(claim.nbf), claims.get(claim.exp)]
  if (begins !== undefined && !(Number(begins) <= now)) throw invalid('the token is not valid yet', 'future')
  if (ends !== undefined && !(now < Number(ends))) throw invalid('the token has expired', 'expired')
  for (const [name, label] of [
    ['issuer', claim.iss],
    ['subject', claim.sub],
  ] as const) {
    const wanted = fields.text(name)
    if (wanted === '') continue
    if (!claims.has(label)) throw invalid(`the token claims no ${name}`, 'unclaimed')
    if (claims.get(label) !== wanted) throw invalid(`the token is of another ${name}`, 'unmatched')
  }
}
