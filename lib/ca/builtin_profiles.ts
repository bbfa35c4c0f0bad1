import { type CertificateProfile, emptyProfile } from './profile.js'

const common = { ...emptyProfile, origin: 'built-in' } as const

/** The profiles that every store has. They are in code, so that nobody edits them. */
export const builtinProfiles: readonly CertificateProfile[] = [
  {
    ...common,
    name: 'server',
    description: 'TLS servers, by their DNS names and addresses',
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsage: ['serverAuth'],
    names: ['dns', 'ip'],
    namesRequired: true,
    wildcards: true,
    days: 90,
    maximumDays: 397,
  },
  {
    ...common,
    name: 'client',
    description: 'TLS clients: people and programs that prove who they are',
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['clientAuth'],
    names: ['dns', 'ip', 'email', 'uri'],
    days: 90,
    maximumDays: 825,
  },
  {
    ...common,
    name: 'ca',
    description: 'Certificate authorities under this one',
    keyUsage: ['keyCertSign', 'cRLSign'],
    extendedKeyUsage: [],
    requiredSubject: ['CN'],
    authority: true,
    days: 1826,
    maximumDays: 7305,
  },
  {
    ...common,
    name: 'ocsp-signer',
    description: 'Whoever answers for this authority what is revoked (RFC 6960 section 4.2.2.2)',
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['OCSPSigning'],
    requiredSubject: ['CN'],
    noCheck: true,
    days: 30,
    maximumDays: 397,
  },
  {
    ...common,
    name: 'code-signing',
    description: 'Whoever signs programs',
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['codeSigning'],
    requiredSubject: ['CN'],
    days: 397,
    maximumDays: 1187,
  },
]
