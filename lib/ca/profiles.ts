import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { keyPurposes, keyUsages } from '../x509/index.js'
import { builtinProfiles } from './builtin_profiles.js'
import { nameKinds } from './names.js'
import { type CertificateProfile, emptyProfile } from './profile.js'

/** Key: the name. */
const namespace = 'certificate-profile'
const mostProfiles = 1000
const mostEntries = 100
const longestValidity = 36_525
const plainName = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i
const objectIdentifier = /^[0-2](?:\.(?:0|[1-9]\d{0,17})){1,30}$/

/** What is said of a profile. What is left out is as in a profile that allows nothing. */
export type ProfileFields = Partial<Omit<CertificateProfile, 'name' | 'origin'>>

/** Profiles: the built-in ones and those of the store. */
export class Profiles {
  readonly #barrier: Barrier
  readonly #records: RecordReader<CertificateProfile>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** @throws MORTISE_CERTIFICATE_PROFILE_NOT_FOUND */
  async find(name: string): Promise<CertificateProfile> {
    const found = builtinProfiles.find((one) => one.name === name) ?? (await this.#records.read(name))?.value
    return found ?? notFound(name)
  }

  /** Those of the store, in the order of their names, behind the built-in ones. */
  async all(): Promise<readonly CertificateProfile[]> {
    const page = await this.#records.page(mostProfiles, undefined)
    return [...builtinProfiles, ...page.map(({ value }) => value)]
  }

  /** Makes one, or puts it in the place of the one of that name. @throws MORTISE_ACCESS_BUILT_IN, MORTISE_INPUT_INVALID */
  async set(
    name: string,
    fields: ProfileFields,
  ): Promise<{ readonly profile: CertificateProfile; readonly row: RecordWrite }> {
    requireOwn(name)
    if (!plainName.test(name)) {
      throw invalid('a profile needs a name of 1 to 64 letters, digits, ".", "_" and "-"')
    }
    const before = await this.#records.read(name)
    if (!before && (await this.#records.page(mostProfiles, undefined)).length >= mostProfiles) {
      throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `there are at most ${mostProfiles} profiles`)
    }
    const profile = checked({ ...emptyProfile, ...fields, name, origin: 'store' })
    const version = (before?.version ?? 0) + 1
    const identity = { namespace, key: name, version, expires: null, index: {} }
    return { profile, row: writeRecord(this.#barrier, identity, profile) }
  }

  /** @throws MORTISE_ACCESS_BUILT_IN, MORTISE_CERTIFICATE_PROFILE_NOT_FOUND */
  async remove(name: string): Promise<RecordWrite> {
    requireOwn(name)
    const { key, version }: Stored<unknown> = (await this.#records.read(name)) ?? notFound(name)
    return { remove: { namespace, key, version } }
  }
}

/** The object identifier of an extended key usage. */
export function purposeOf(usage: string): string {
  return Object.hasOwn(keyPurposes, usage) ? keyPurposes[usage as keyof typeof keyPurposes] : usage
}

/** @throws MORTISE_INPUT_INVALID */
function checked(profile: CertificateProfile): CertificateProfile {
  const { keyUsage, extendedKeyUsage, names, dnsSuffixes, policies, authority, pathLength, days } = profile
  const lists = [keyUsage, extendedKeyUsage, names, dnsSuffixes ?? [], policies, profile.requiredSubject]
  if (lists.some((list) => list.length > mostEntries)) {
    throw invalid(`each list of a profile has at most ${mostEntries} entries`)
  }
  if (profile.description.length > 1024) throw invalid('a description has at most 1,024 characters')
  requireKnown('key usage', keyUsages, keyUsage)
  requireKnown('kind of names', nameKinds, names)
  if ([...extendedKeyUsage.map(purposeOf), ...policies].some((one) => !objectIdentifier.test(one))) {
    throw invalid('extended key usages and policies are object identifiers, or names of RFC 5280')
  }
  if (!keyUsage.includes('keyCertSign') === authority || (!authority && keyUsage.includes('cRLSign'))) {
    throw invalid('keyCertSign is of profiles of authorities, which need it, and cRLSign of no others')
  }
  if (pathLength !== null && !(authority && Number.isInteger(pathLength) && pathLength >= 0)) {
    throw invalid('a path length is a whole number, of a profile of authorities')
  }
  const isDays = (one: number) => Number.isInteger(one) && one >= 1 && one <= longestValidity
  if (!isDays(days) || !isDays(profile.maximumDays) || days > profile.maximumDays) {
    throw invalid(
      `a certificate is valid for 1 to ${longestValidity} days, and for no more than its profile allows`,
    )
  }
  return profile
}

function requireKnown(what: string, known: readonly string[], given: readonly string[]): void {
  const stranger = given.find((one) => !known.includes(one))
  if (stranger !== undefined) {
    throw invalid(`${JSON.stringify(stranger)} is no ${what}: choose of ${known.join(', ')}`)
  }
}

function requireOwn(name: string): void {
  if (!builtinProfiles.some((one) => one.name === name)) return
  throw new MortiseError('MORTISE_ACCESS_BUILT_IN', `the profile ${name} is built in: make one of your own`)
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}

function notFound(name: string): never {
  throw new MortiseError('MORTISE_CERTIFICATE_PROFILE_NOT_FOUND', `there is no profile ${name}`)
}
