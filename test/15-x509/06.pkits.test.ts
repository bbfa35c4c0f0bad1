import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import { type Certificate, type Crl, parseCertificate, parseCrl, validatePath } from '../../lib/x509/index.js'
import { noVectors, vector, vectorPath } from '../support/vectors.js'
import { policyVectors } from './policy_vectors.js'

interface Case {
  readonly id: string
  readonly section: string
  readonly endEntity: string
  readonly intermediates: readonly string[]
  readonly crls: readonly string[]
  readonly valid: boolean
}

const table = vector('pkits', 'pkits.json')
const skip = table === undefined && noVectors
const cases: readonly Case[] = table === undefined ? [] : JSON.parse(table.toString()).tests
const certificates = new Map<string, Certificate>()

function certificate(file: string): Certificate {
  const known = certificates.get(file) ?? parseCertificate(vector('pkits', 'certs', file) as Buffer)
  certificates.set(file, known)
  return known
}

/** Their signatures are no longer of whole bytes. */
const malformed = ['BadSignedCACert.crt', 'InvalidDSASignatureTest6EE.crt', 'BadCRLSignatureCACRL.crl']

function revocationLists(files: readonly string[]): Crl[] {
  return files
    .filter((file) => !malformed.includes(file))
    .map((file) => parseCrl(vector('pkits', 'crls', file) as Buffer))
}

/** The certificates of PKITS run from 2010 to 2030. */
const at = new Date('2020-01-01T00:00:00Z')

/** Policies, or the reason for which the path is refused. */
function judge(
  leaf: string,
  intermediates: readonly string[],
  inputs: Partial<Parameters<typeof validatePath>[0]> = {},
): readonly string[] | string {
  try {
    const { path, policies } = validatePath({
      leaf: certificate(leaf),
      intermediates: intermediates.filter((file) => !malformed.includes(file)).map(certificate),
      anchors: [certificate('TrustAnchorRootCertificate.crt')],
      at,
      ...inputs,
    })
    if (path[0] !== certificate(leaf)) throw new Error('the path does not begin with the leaf')
    return policies
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_INVALID') && malformed.includes(leaf)) return 'malformed'
    if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
    return String(error.details['reason'])
  }
}

/** Valid, and refused: FIPS 186-5 has no DSA any more, and neither has the native core. */
const dsa = new Set(['4.1.4', '4.1.5'])

/** Why an invalid path is refused. The other sections have one reason, and those of policies are below. */
const reasons: Readonly<Record<string, string>> = {
  '4.1.2': 'untrusted',
  '4.1.3': 'signature',
  '4.1.6': 'malformed',
  '4.2.1': 'not-yet-valid',
  '4.2.2': 'not-yet-valid',
  '4.2.5': 'expired',
  '4.2.6': 'expired',
  '4.2.7': 'expired',
  '4.5.8': 'not-an-authority',
  '4.6.1': 'not-an-authority',
  '4.6.2': 'not-an-authority',
  '4.6.3': 'not-an-authority',
  '4.7.1': 'key-usage',
  '4.7.2': 'key-usage',
  // Its authority may not sign CRLs.
  '4.7.4': 'revocation-unknown',
  '4.7.5': 'revocation-unknown',
  '4.16.2': 'critical-extension',
}

/** What is refused is revoked, but for these: no CRL that is valid now tells. */
const unknown = new Set(
  [
    '4.4.1 4.4.4 4.4.5 4.4.6 4.4.8 4.4.9 4.4.10 4.4.11 4.4.12 4.4.21',
    '4.14.3 4.14.8 4.14.9 4.14.11 4.14.12 4.14.14 4.14.17 4.14.26 4.14.27 4.14.35 4.15.1 4.15.10',
  ].flatMap((line) => line.split(' ')),
)

/** Sections about revocation, and what is revoked in others. */
function isAboutRevocation(section: string): boolean {
  return /^4\.(4|14|15)\./.test(section) || ['4.5.2', '4.5.5', '4.5.7'].includes(section)
}

function reasonOf(section: string): string {
  if (dsa.has(section)) return 'algorithm'
  if (isAboutRevocation(section)) return unknown.has(section) ? 'revocation-unknown' : 'revoked'
  return reasons[section] ?? 'path-length'
}

t.test('the paths of PKITS but those of policies', { skip }, async (t) => {
  const listed = new Set<string>()
  const root = revocationLists(skip ? [] : ['TrustAnchorRootCRL.crl'])
  for (const { id, section, endEntity, intermediates, crls, valid } of cases) {
    if (/^4\.(8|9|10|11|12)\./.test(section)) continue
    const revocation = { crls: [...root, ...revocationLists(crls)] }
    const answer = judge(endEntity, intermediates, { revocation })
    for (const list of [dsa, unknown]) if (list.has(section)) listed.add(section)
    if (valid && !dsa.has(section)) t.ok(Array.isArray(answer), `${id}: ${answer}`)
    else t.equal(answer, reasonOf(section), id)
    if (!isAboutRevocation(section)) continue
    const accepting = judge(endEntity, intermediates, {
      revocation: { ...revocation, whereUnknown: 'accept' },
    })
    const isKnown = valid || !unknown.has(section)
    t.ok(
      isKnown ? accepting === answer || valid : Array.isArray(accepting),
      `${id}, accepted where nothing is known`,
    )
  }
  t.same(listed, new Set([...dsa, ...unknown]), 'the lists name nothing that is not there')
})

t.test('names that do not chain (4.3.1, 4.3.2)', { skip }, async (t) => {
  t.equal(judge('InvalidNameChainingTest1EE.crt', ['GoodCACert.crt']), 'untrusted')
  t.equal(judge('InvalidNameChainingOrderTest2EE.crt', ['NameOrderingCACert.crt']), 'untrusted')
})

const listFiles = skip ? [] : readdirSync(dirname(vectorPath('pkits', 'crls', 'TrustAnchorRootCRL.crl')))
const everyList = revocationLists(listFiles)
const files = skip ? [] : readdirSync(dirname(vectorPath('pkits', 'certs', 'GoodCACert.crt')))

t.test(
  'policies (4.8 to 4.12), with every certificate and CRL of PKITS to choose from',
  { skip },
  async (t) => {
    for (const { section, leaf, initial, explicit, inhibitMapping, inhibitAny, policies } of policyVectors) {
      const answer = judge(`${leaf}EE.crt`, files, {
        revocation: { crls: everyList },
        ...(initial && { initialPolicies: initial }),
        explicitPolicy: explicit === true,
        inhibitPolicyMapping: inhibitMapping === true,
        inhibitAnyPolicy: inhibitAny === true,
      })
      t.same(answer, policies ?? 'policy', `${section} ${leaf} ${initial ?? ''}`)
    }
    const judged = new Set(policyVectors.map(({ section }) => section))
    for (const { id, section } of cases) {
      if (/^4\.(8|9|10|11|12)\./.test(section)) t.ok(judged.has(section), `${id} is judged`)
    }
  },
)

t.test('the same with every certificate and every CRL of PKITS to choose from', { skip }, async (t) => {
  for (const { id, section, endEntity, valid } of cases) {
    if (/^4\.(8|9|10|11|12)\./.test(section)) continue
    const answer = judge(endEntity, files, { revocation: { crls: everyList } })
    t.equal(Array.isArray(answer), valid && !dsa.has(section), `${id}: ${answer}`)
  }
})

const nameConstraints = /^(Valid|Invalid)\w*nameConstraintsTest(\d+)EE\.crt$/

t.test('name constraints (4.13)', { skip }, async (t) => {
  const leaves = files.filter((file) => nameConstraints.test(file))
  t.equal(leaves.length, 38)
  for (const leaf of leaves) {
    const answer = judge(leaf, files, { revocation: { crls: everyList } })
    if (leaf.startsWith('Valid')) t.ok(Array.isArray(answer), `${leaf}: ${answer}`)
    else t.equal(answer, 'name-constraints', leaf)
  }
})
