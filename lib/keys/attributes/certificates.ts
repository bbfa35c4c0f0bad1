import type { CertificateFacts, EncodedFacts, ManagedObject } from '../../operation/index.js'
import { type Name, nameOfDer } from '../../x509/index.js'

/** Types of attributes of distinguished names (RFC 4519, RFC 5280 appendix A.1) that KMIP has attributes of objects for. */
const nameParts = {
  C: '2.5.4.6',
  CN: '2.5.4.3',
  DC: '0.9.2342.19200300.100.1.25',
  DNQualifier: '2.5.4.46',
  Email: '1.2.840.113549.1.9.1',
  L: '2.5.4.7',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  SerialNumber: '2.5.4.5',
  ST: '2.5.4.8',
  Title: '2.5.4.12',
  UID: '0.9.2342.19200300.100.1.1',
} as const

type NamePart = keyof typeof nameParts
type Whose = 'Subject' | 'Issuer'
type NamePartAttribute = `Certificate${Whose}${NamePart}`

/** KMIP's Digital Signature Algorithm by the object identifiers of algorithms. */
const signatures: Readonly<Record<string, string>> = {
  '1.2.840.10040.4.3': 'DSAWithSHA_1',
  '1.2.840.10045.4.1': 'ECDSAWithSHA_1',
  '1.2.840.10045.4.3.1': 'ECDSAWithSHA224',
  '1.2.840.10045.4.3.2': 'ECDSAWithSHA256',
  '1.2.840.10045.4.3.3': 'ECDSAWithSHA384',
  '1.2.840.10045.4.3.4': 'ECDSAWithSHA512',
  '1.2.840.113549.1.1.2': 'MD2WithRSAEncryption',
  '1.2.840.113549.1.1.4': 'MD5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'SHA_1WithRSAEncryption',
  '1.2.840.113549.1.1.10': 'RSASSA_PSS',
  '1.2.840.113549.1.1.11': 'SHA_256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'SHA_384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'SHA_512WithRSAEncryption',
  '1.2.840.113549.1.1.14': 'SHA_224WithRSAEncryption',
  '2.16.840.1.101.3.4.3.1': 'DSAWithSHA224',
  '2.16.840.1.101.3.4.3.2': 'DSAWithSHA256',
  '2.16.840.1.101.3.4.3.14': 'SHA3_256WithRSAEncryption',
  '2.16.840.1.101.3.4.3.15': 'SHA3_384WithRSAEncryption',
  '2.16.840.1.101.3.4.3.16': 'SHA3_512WithRSAEncryption',
}

interface Names {
  readonly Subject: Name
  readonly Issuer: Name
}

/** All attributes of an object are often asked for, and each of its names is one or more of them. */
const parsed = new WeakMap<EncodedFacts, Names>()

function namesOf(encoded: EncodedFacts): Names {
  const known = parsed.get(encoded)
  if (known) return known
  const [Subject, Issuer] = [encoded.subject, encoded.issuer].map((der) =>
    nameOfDer(Buffer.from(der, 'hex')),
  ) as [Name, Name]
  parsed.set(encoded, { Subject, Issuer })
  return { Subject, Issuer }
}

/** RFC 4514; of a certificate that is not as RFC 5280 wants it what Node makes of it. */
export function distinguishedName(
  certificate: CertificateFacts | undefined,
  whose: Whose,
): string | undefined {
  const encoded = certificate?.encoded
  if (encoded) return namesOf(encoded)[whose].text
  return whose === 'Subject' ? certificate?.subject : certificate?.issuer
}

/** INTEGER as DER, hexadecimal: what KMIP's X.509 Certificate Identifier has. A serial number has 127 bytes at most. */
export function serialDer({ serial }: EncodedFacts): string {
  return `02${(serial.length / 2).toString(16).padStart(2, '0')}${serial}`
}

export function signatureAlgorithmOf({ values }: ManagedObject): string | undefined {
  return signatures[values.certificate?.encoded?.signature ?? '']
}

/** A rule for each part of the two names of a certificate: all values that it has there. */
export function namePartRules<Rule>(
  rule: (read: (object: ManagedObject) => readonly string[]) => Rule,
): Readonly<Record<NamePartAttribute, Rule>> {
  const rules = (['Issuer', 'Subject'] as const).flatMap((whose) =>
    Object.entries(nameParts).map(([part, type]) => [
      `Certificate${whose}${part}`,
      rule(({ values: { certificate } }) =>
        certificate?.encoded ? [...new Set(namesOf(certificate.encoded)[whose].valuesOf(type))] : [],
      ),
    ]),
  )
  return Object.fromEntries(rules) as Record<NamePartAttribute, Rule>
}
