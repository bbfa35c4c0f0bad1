import { createHash } from 'node:crypto'
import { nameTerm, type ObjectAttributes, type State } from '../operation/index.js'

/** Longer ones are indexed by their SHA-256. */
const longestTerm = 200

/** One fact that an object can be located by, as a text that no other fact has. */
type Term = string

/** What is indexed beside the columns: the field, and the texts that are looked for in it. */
type TermField =
  | 'alternativeName'
  | 'application'
  | 'certificate'
  | 'dated'
  | 'digest'
  | 'group'
  | 'link'
  | 'storage'
  | 'vendor'

export function term(field: TermField, ...value: readonly (string | number | boolean)[]): Term {
  const text = JSON.stringify([field, ...value])
  if (text.length <= longestTerm) return text
  return `#${createHash('sha256').update(text).digest('hex')}`
}

/** Every term of an object, in order and without repetition. */
export function termsOf(state: State, values: ObjectAttributes): Term[] {
  const terms: Term[] = []
  // Its state may come to be another one than its column says.
  const dated = (state === 'PreActive' && values.activated !== undefined) || values.deactivated !== undefined
  if (dated && (state === 'PreActive' || state === 'Active')) terms.push(term('dated'))
  const { certificate, publicKeyDigest, links = {} } = values
  for (const name of values.furtherNames ?? []) terms.push(nameTerm(name))
  for (const [type, object] of Object.entries(links)) terms.push(term('link', type, object))
  for (const { type, object } of values.moreLinks ?? []) terms.push(term('link', type, object))
  if (publicKeyDigest) terms.push(term('digest', publicKeyDigest))
  if (certificate) {
    terms.push(term('digest', certificate.digest))
    for (const field of ['subject', 'issuer', 'serial'] as const)
      terms.push(term('certificate', field, certificate[field]))
  }
  for (const group of values.objectGroups ?? []) terms.push(term('group', group))
  for (const { value } of values.alternativeNames ?? []) terms.push(term('alternativeName', value))
  for (const { namespace, data } of values.applicationSpecific ?? [])
    terms.push(term('application', namespace), term('application', namespace, data))
  for (const { vendor, name, value } of values.vendorAttributes ?? [])
    terms.push(term('vendor', vendor, name), term('vendor', vendor, name, value))
  if (values.archived !== undefined) terms.push(term('storage', 'archived'))
  return [...new Set(terms)].sort()
}

/** As they stand in the row. */
export function encodeTerms(state: State, values: ObjectAttributes): string {
  const terms = termsOf(state, values)
  return terms.length === 0 ? '' : JSON.stringify(terms)
}
