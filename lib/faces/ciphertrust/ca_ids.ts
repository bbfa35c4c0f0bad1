/** What URIs of CipherTrust begin with. */
const prefix = 'kylo:kylo:naboo:'
export const account = 'kylo:kylo:admin:accounts:kylo'

/** What is named here: as its URI says, and what one that was given no name is called. */
const things = {
  localca: 'localca-',
  external_ca: 'externalca-',
  certs: 'cert-',
} as const
type Thing = keyof typeof things

export function uriOf(thing: Thing, id: string): string {
  return `${prefix}${thing}:${id}`
}

export function nameOf(thing: Thing, { id, name }: { readonly id: string; readonly name: string | null }) {
  return name ?? `${things[thing]}${id}`
}

/** The id, or a name that was given, of what somebody calls by its id, name, URI or what its URI ends in. */
export function calledBy(thing: Thing, text: string): string {
  const last = text.startsWith(prefix) ? text.slice(text.lastIndexOf(':') + 1) : text
  const id = last.startsWith(things[thing]) ? last.slice(things[thing].length) : ''
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id : last
}
