import { type Certificate, isHost, mailbox } from '../x509/index.js'
import type { CertificateSettings } from './connection_settings.js'
import type { Connection } from './connections.js'
import { normalDistinguishedName } from './distinguished_name.js'
import { isSubject } from './identities.js'
import { folded } from './text.js'

/** What of a certificate somebody is known by. */
export type SubjectRule = CertificateSettings['subject']

const commonName = '2.5.4.3'

/**
 * What a certificate calls somebody, in the form that names which are the same have in common; undefined where it has no such
 * name. Of several names of a kind it is the first.
 */
export function subjectOf(certificate: Certificate, rule: SubjectRule): string | undefined {
  const name = nameOf(certificate, rule)
  return name !== undefined && isSubject(name) ? name : undefined
}

function nameOf({ subject, extensions }: Certificate, rule: SubjectRule): string | undefined {
  if (rule === 'account' || rule === 'dn')
    return subject.isEmpty ? undefined : normalDistinguishedName(subject)
  if (rule === 'cn') {
    const [name, ...others] = subject.valuesOf(commonName)
    return name === undefined || others.length > 0 ? undefined : normalText(name, rule)
  }
  for (const name of extensions.subjectAltName ?? []) {
    const text = name.form === 'otherName' ? name.userPrincipalName : 'value' in name ? name.value : undefined
    const isMeant = name.form === 'otherName' ? rule === 'upn' : name.form === forms[rule]
    if (isMeant && typeof text === 'string') return normalText(text, rule)
  }
  return undefined
}

/**
 * The same of a text that somebody wrote, to be linked by.
 *
 * @throws MORTISE_INPUT_INVALID for a distinguished name that is none
 */
export function normalSubject({ kind, settings }: Connection, subject: string): string {
  if (kind !== 'certificate') return subject
  const { subject: rule } = settings as CertificateSettings
  if (rule === 'account' || rule === 'dn') return normalDistinguishedName(subject)
  return normalText(subject, rule) ?? subject
}

type TextRule = Exclude<SubjectRule, 'account' | 'dn'>

const forms: Readonly<Partial<Record<TextRule, string>>> = {
  email: 'rfc822Name',
  dns: 'dNSName',
  uri: 'uniformResourceIdentifier',
}

/** Undefined of what is no name of its kind: a wildcard is nobody's. */
function normalText(text: string, rule: TextRule): string | undefined {
  switch (rule) {
    case 'email': {
      const parts = mailbox(text)
      return parts && `${parts.local}@${parts.host.toLowerCase()}`
    }
    case 'dns':
      return isHost(text) ? text.toLowerCase() : undefined
    case 'uri':
      return text === '' ? undefined : text
    case 'cn':
    case 'upn':
      return text === '' ? undefined : folded(text)
  }
}
