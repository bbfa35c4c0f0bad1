import type { SystemOperation } from '../../operation/index.js'
import type { CertificateProfile } from '../profile.js'
import type { ProfileFields } from '../profiles.js'
import type { CaServices } from '../services.js'

interface Named {
  readonly name: string
}

export interface SetCertificateProfileInput extends ProfileFields, Named {}

/** Says what certificates of a profile are like from now on. @throws MORTISE_ACCESS_BUILT_IN, MORTISE_INPUT_INVALID */
export const setCertificateProfile: SystemOperation<
  CaServices,
  SetCertificateProfileInput,
  CertificateProfile
> = {
  name: 'SetCertificateProfile',
  permission: 'AuthorityCreate',
  durability: 'synced',
  async prepare({ certificateProfiles }, _actor, { name, ...fields }) {
    const { profile, row } = await certificateProfiles.set(name, fields)
    const { authority, keyUsage, extendedKeyUsage } = profile
    return {
      answer: profile,
      rows: { records: [row] },
      detail: { profile: name, authority, keyUsage, extendedKeyUsage },
    }
  },
}

/** What was issued by it stays. @throws MORTISE_ACCESS_BUILT_IN, MORTISE_CERTIFICATE_PROFILE_NOT_FOUND */
export const deleteCertificateProfile: SystemOperation<CaServices, Named, null> = {
  name: 'DeleteCertificateProfile',
  permission: 'AuthorityCreate',
  durability: 'synced',
  async prepare({ certificateProfiles }, _actor, { name }) {
    return {
      answer: null,
      rows: { records: [await certificateProfiles.remove(name)] },
      detail: { profile: name },
    }
  },
}

/** The profiles that there are: the built-in ones first. */
export const listCertificateProfiles: SystemOperation<
  CaServices,
  Readonly<Record<string, never>>,
  { readonly profiles: readonly CertificateProfile[] }
> = {
  name: 'ListCertificateProfiles',
  permission: 'Query',
  durability: 'written',
  async prepare({ certificateProfiles }) {
    const profiles = await certificateProfiles.all()
    return { answer: { profiles }, detail: { count: profiles.length } }
  },
}
