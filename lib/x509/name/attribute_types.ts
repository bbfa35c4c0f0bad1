/** Descriptors that are registered for LDAP (RFC 4514 section 2.3, RFC 4519), by the types of RFC 5280 Appendix A.1. */
export const attributeTypes: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  serialNumber: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  title: '2.5.4.12',
  name: '2.5.4.41',
  givenName: '2.5.4.42',
  initials: '2.5.4.43',
  generationQualifier: '2.5.4.44',
  dnQualifier: '2.5.4.46',
  pseudonym: '2.5.4.65',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
}

export const emailAddress = attributeTypes['emailAddress']
export const commonName = attributeTypes['CN']

const descriptors = new Map(Object.entries(attributeTypes).map(([name, oid]) => [oid, name]))

export function descriptorOf(oid: string): string | undefined {
  return descriptors.get(oid)
}
