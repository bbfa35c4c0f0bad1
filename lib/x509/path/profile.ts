import { equalBytes } from '../bytes.js'
import { type Certificate, isSelfIssued } from '../certificate.js'
import type { Extensions } from '../extensions/certificate_extensions.js'
import { keyPurposes } from '../extensions/extended_key_usage.js'
import { ipText } from '../ip.js'
import { commonName } from '../name/attribute_types.js'
import type { GeneralName } from '../name/general_name.js'
import { isHostPattern, mailbox } from '../name/hosts.js'

/**
 * How much is asked of the certificates of a path:
 *
 * - `path`: what path validation asks (RFC 5280 section 6), and nothing else.
 * - `rfc5280`: also that each of them is what a conforming authority issues (section 4).
 * - `webpki`: also what the Baseline Requirements of the CA/Browser Forum (sections 6.1 and 7.1) ask of TLS servers.
 */
export type Profile = 'path' | 'rfc5280' | 'webpki'

interface Rule {
  readonly message: string
  /** Whether the certificate breaks it. */
  readonly broken: (certificate: Certificate, place: Place) => boolean
}

interface Place {
  readonly isAnchor: boolean
  readonly isLeaf: boolean
}

/** The first rule of the profile that the certificate breaks, in words. */
export function profileBreach(certificate: Certificate, place: Place, profile: Profile): string | undefined {
  return rules[profile].find(({ broken }) => broken(certificate, place))?.message
}

const isAuthority = ({ extensions }: Certificate) => extensions.basicConstraints?.cA === true
const certifies = ({ extensions }: Certificate) => extensions.keyUsage?.includes('keyCertSign') === true
const isUncritical = (
  { critical, ...extensions }: Extensions,
  name: 'basicConstraints' | 'nameConstraints' | 'policyConstraints' | 'inhibitAnyPolicy',
) => extensions[name] !== undefined && !critical.has(name)

const rfc5280: readonly Rule[] = [
  {
    message: 'has a serial number that is not positive, or is longer than 20 bytes (section 4.1.2.2)',
    // Of roots nobody asks: some that are trusted everywhere have 0.
    broken: ({ serialNumber }, { isAnchor }) => !isAnchor && !/^(?!00$)[0-7].{1,39}$/.test(serialNumber),
  },
  { message: 'names no issuer (section 4.1.2.4)', broken: ({ issuer }) => issuer.isEmpty },
  {
    message: 'is of an authority without a name (section 4.1.2.6)',
    broken: (certificate) => isAuthority(certificate) && certificate.subject.isEmpty,
  },
  {
    message: 'has no subject, and no critical alternative name either (section 4.1.2.6)',
    broken: ({ subject, extensions }) => subject.isEmpty && !extensions.critical.has('subjectAltName'),
  },
  {
    message: 'does not identify the key of its issuer (section 4.2.1.1)',
    broken: (certificate) => {
      const identifier = certificate.extensions.authorityKeyIdentifier
      return identifier === undefined ? !isSelfIssued(certificate) : identifier.keyIdentifier === undefined
    },
  },
  {
    message: 'does not identify the key of its authority (section 4.2.1.2)',
    broken: (certificate) =>
      isAuthority(certificate) && certificate.extensions.subjectKeyIdentifier === undefined,
  },
  {
    message: 'may sign certificates and is of no authority (section 4.2.1.3)',
    broken: (certificate) => certifies(certificate) && !isAuthority(certificate),
  },
  {
    message: 'has an alternative name that is not in its syntax (section 4.2.1.6)',
    broken: ({ extensions }) => extensions.subjectAltName?.some((name) => !isWellFormed(name)) === true,
  },
  {
    message: 'has basic constraints of an authority that are not critical (section 4.2.1.9)',
    broken: (certificate) =>
      isAuthority(certificate) && isUncritical(certificate.extensions, 'basicConstraints'),
  },
  {
    message: 'limits a path that it cannot begin (section 4.2.1.9)',
    broken: (certificate) =>
      certificate.extensions.basicConstraints?.pathLength !== undefined && !isAuthority(certificate),
  },
  {
    message: 'constrains names and is of no authority (section 4.2.1.10)',
    broken: (certificate) =>
      certificate.extensions.nameConstraints !== undefined && !isAuthority(certificate),
  },
  {
    message: 'has policy constraints that are not critical (sections 4.2.1.11 and 4.2.1.14)',
    broken: ({ extensions }) =>
      isUncritical(extensions, 'policyConstraints') || isUncritical(extensions, 'inhibitAnyPolicy'),
  },
]

/** The Baseline Requirements allow this one where RFC 5280 does not. */
const criticalNameConstraints: Rule = {
  message: 'has name constraints that are not critical (section 4.2.1.10)',
  broken: ({ extensions }) => isUncritical(extensions, 'nameConstraints'),
}

const webpki: readonly Rule[] = [
  { message: 'is not of version 3 (BR 7.1.1)', broken: ({ version }) => version !== 3 },
  {
    message: 'identifies its issuer by name and serial number (BR 7.1.2.1.3)',
    broken: ({ extensions }) => extensions.authorityKeyIdentifier?.authorityCertIssuer !== undefined,
  },
  {
    message: 'is self-issued with another key identifier than its own (BR 7.1.2.1.3)',
    broken: (certificate, { isAnchor }) => {
      const { authorityKeyIdentifier, subjectKeyIdentifier } = certificate.extensions
      const [of, own] = [authorityKeyIdentifier?.keyIdentifier, subjectKeyIdentifier]
      return (
        isAnchor && isSelfIssued(certificate) && of !== undefined && own !== undefined && !equalBytes(of, own)
      )
    },
  },
  {
    message: 'is a root with an extended key usage (BR 7.1.2.1.2)',
    broken: (certificate, { isAnchor }) =>
      isAnchor && isSelfIssued(certificate) && certificate.extensions.extKeyUsage !== undefined,
  },
  {
    message: 'is of an authority in the place of a server (BR 7.1.2.7.8)',
    broken: (certificate, { isLeaf }) => isLeaf && isAuthority(certificate),
  },
  {
    message: 'has no extended key usage, any, or a critical one (BR 7.1.2.7.10)',
    broken: ({ extensions }, { isLeaf }) =>
      isLeaf &&
      (extensions.extKeyUsage === undefined ||
        extensions.extKeyUsage.includes(keyPurposes.anyExtendedKeyUsage) ||
        extensions.critical.has('extKeyUsage')),
  },
  {
    message: 'has a critical alternative name beside a subject (BR 7.1.2.7.12)',
    broken: ({ subject, extensions }, { isLeaf }) =>
      isLeaf && !subject.isEmpty && extensions.critical.has('subjectAltName'),
  },
  {
    message: 'has a common name that is none of its alternative names (BR 7.1.4.3)',
    broken: ({ subject, extensions }, { isLeaf }) => {
      const texts = extensions.subjectAltName?.map(nameText)
      return isLeaf && subject.valuesOf(commonName).some((text) => !texts?.includes(text))
    },
  },
]

const rules: Readonly<Record<Profile, readonly Rule[]>> = {
  path: [],
  rfc5280: [...rfc5280, criticalNameConstraints],
  webpki: [...rfc5280, ...webpki],
}

function isWellFormed(name: GeneralName): boolean {
  if (name.form === 'dNSName') return isHostPattern(name.value)
  if (name.form === 'rfc822Name') return mailbox(name.value) !== undefined
  return true
}

function nameText(name: GeneralName): string | undefined {
  if (name.form === 'dNSName') return name.value
  return name.form === 'iPAddress' ? ipText(name.value) : undefined
}
