import { type Name, nameOf } from '../x509/index.js'
import { type KeyName, layerOf } from './key_names.js'

/** What a certificate is to call its subject, by the words of MOSIP. */
export interface SubjectInput {
  readonly commonName?: string
  readonly organizationUnit?: string
  readonly organization?: string
  readonly location?: string
  readonly state?: string
  readonly country?: string
}

/** RFC 5280 Appendix A.1, ub-common-name. */
const longestCommonName = 64

/** @throws MORTISE_X509_INVALID */
export function subjectOf(name: KeyName, asked: SubjectInput): Name {
  const attributes = [
    ['C', asked.country],
    ['ST', asked.state],
    ['L', asked.location],
    ['O', asked.organization],
    ['OU', asked.organizationUnit],
    ['CN', asked.commonName || commonNameOf(name)],
  ] as const
  return nameOf(attributes.flatMap(([type, value]) => (value ? [{ type, value }] : [])))
}

function commonNameOf(name: KeyName): string {
  const { application, reference } = name
  const both = reference === '' ? application : `${application}-${reference}`
  return (layerOf(name) === 'base' ? both : `Mortise (${both})`).slice(0, longestCommonName)
}
