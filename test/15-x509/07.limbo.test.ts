import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  type Certificate,
  type Profile,
  parseCertificate,
  parseCrl,
  validatePath,
} from '../../lib/x509/index.js'
import { noVectors, vector } from '../support/vectors.js'
import { expectedReasons, otherwiseRefused } from './limbo_expectations.js'

interface Peer {
  readonly kind: 'DNS' | 'IP' | 'RFC822'
  readonly value: string
}

interface Case {
  readonly id: string
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  readonly validation_time: string | null
  readonly key_usage: readonly 'digitalSignature'[]
  readonly extended_key_usage: readonly ('serverAuth' | 'clientAuth')[]
  readonly expected_result: 'SUCCESS' | 'FAILURE'
  readonly expected_peer_name: Peer | null
  readonly expected_peer_names: readonly Peer[]
  readonly max_chain_depth: number | null
  readonly crls: readonly string[]
}

const file = vector('x509-limbo', 'limbo.json')
const skip = file === undefined && noVectors
const cases: readonly Case[] = file === undefined ? [] : JSON.parse(file.toString()).testcases

/** A case without a time is valid now; these certificates were made before then. */
const now = '2026-07-01T00:00:00Z'

const kinds = { DNS: 'dns', IP: 'ip', RFC822: 'email' } as const

/** What the cases need of the list of public suffixes, which Mortise does not carry. */
const publicSuffixes = ['com', 'co.uk', 's3.amazonaws.com']

/** Whose rules a case presupposes. */
function profileOf(id: string): Profile {
  if (/^(webpki|online)::/.test(id)) return 'webpki'
  return id.startsWith('rfc5280::') ? 'rfc5280' : 'path'
}

/** What cannot be read is nobody's issuer. */
function readable(all: readonly string[]): Certificate[] {
  return all.flatMap((pem) => {
    try {
      return [parseCertificate(pem)]
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_X509_INVALID')) throw error
      return []
    }
  })
}

/** `accepted`, `malformed`, or the reason for which the path is refused. */
function judge(test: Case, profile: Profile): string {
  const peers = test.expected_peer_name ? [test.expected_peer_name] : test.expected_peer_names
  const [purpose] = test.extended_key_usage
  try {
    validatePath({
      leaf: parseCertificate(test.peer_certificate),
      intermediates: readable(test.untrusted_intermediates),
      anchors: readable(test.trusted_certs),
      at: new Date(test.validation_time ?? now),
      profile,
      keyUsage: test.key_usage,
      names: peers.map(({ kind, value }) => ({ kind: kinds[kind], value })),
      isPublicSuffix: (domain) => publicSuffixes.includes(domain),
      ...(purpose && { purpose }),
      ...(test.crls.length > 0 && { revocation: { crls: test.crls.map(parseCrl) } }),
      ...(test.max_chain_depth !== null && { maximumDepth: test.max_chain_depth }),
    })
    return 'accepted'
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_INVALID')) return 'malformed'
    if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
    return String(error.details['reason'])
  }
}

/**
 * Valid, and refused: the common name is none of the alternative names. The Baseline Requirements (7.1.4.3) forbid that, and limbo
 * says so in webpki::cn::not-in-san.
 */
const commonNames = [
  'webpki::nc::nc-permits-dns-san-pattern',
  'webpki::san::exact-localhost-ip-san',
  'webpki::san::leftmost-wildcard-san',
]

t.test('every case of x509-limbo', { skip }, async (t) => {
  t.equal(cases.length, 207)
  for (const test of cases) {
    const answer = judge(test, profileOf(test.id))
    if (commonNames.includes(test.id)) t.equal(answer, 'profile', test.id)
    else if (test.expected_result === 'SUCCESS') t.equal(answer, 'accepted', test.id)
    else t.equal(answer, expectedReasons[test.id] ?? 'profile', test.id)
  }
  const listed = [...commonNames, ...Object.keys(expectedReasons)]
  const ids = new Set(cases.map(({ id }) => id))
  t.same(
    listed.filter((id) => !ids.has(id)),
    [],
    'the lists name nothing that is not there',
  )
})

t.test('names are matched where no rule of the profile refuses before', { skip }, async (t) => {
  for (const test of cases.filter(({ id }) => id.startsWith('webpki::san::') || commonNames.includes(id))) {
    const expected = test.expected_result === 'SUCCESS' ? 'accepted' : 'name'
    t.equal(judge(test, 'path'), otherwiseRefused[test.id] ?? expected, test.id)
  }
})
