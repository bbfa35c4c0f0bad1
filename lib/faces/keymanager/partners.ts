import { hash } from 'node:crypto'
import Type from 'typebox'
import { type KnownAuthority, toPem } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { App } from '../http/index.js'
import { localNow } from './names.js'
import { asks, calls, type Fields } from './wrapper.js'

const refusals = {
  MORTISE_X509_INVALID: 'KER-PCM-001',
  MORTISE_CRYPTO_KEY_INVALID: 'KER-PCM-001',
  'MORTISE_KEYMANAGER_CERTIFICATE authority': 'KER-PCM-001',
  'MORTISE_KEYMANAGER_CERTIFICATE exists': 'KER-PCM-003',
  'MORTISE_KEYMANAGER_CERTIFICATE dates': 'KER-PCM-004',
  'MORTISE_KEYMANAGER_CERTIFICATE root': 'KER-PCM-005',
  'MORTISE_KEYMANAGER_CERTIFICATE path': 'KER-PCM-006',
  'MORTISE_KEYMANAGER_CERTIFICATE version': 'KER-PCM-007',
  'MORTISE_KEYMANAGER_CERTIFICATE organization': 'KER-PCM-008',
  'MORTISE_KEYMANAGER_CERTIFICATE missing': 'KER-PCM-012',
  'MORTISE_KEYMANAGER_CERTIFICATE size': 'KER-PCM-013',
  'MORTISE_KEYMANAGER_CERTIFICATE algorithm': 'KER-PCM-014',
  'MORTISE_KEYMANAGER_CERTIFICATE self': 'KER-PCM-015',
  'MORTISE_KEYMANAGER_CERTIFICATE validity': 'KER-PCM-017',
  'MORTISE_INPUT_INVALID type': 'KER-PCM-018',
  'MORTISE_KEYMANAGER_CERTIFICATE future': 'KER-PMS-020',
  'MORTISE_KEYMANAGER_CERTIFICATE duration': 'KER-KMS-021',
}
const text = Type.String()
const usualPage = 10

export function partnerCalls(app: App): void {
  const post = calls(app, 'POST')
  const get = asks(app)
  post(
    '/uploadCACertificate',
    {
      summary: 'Trust authorities of partners in a domain',
      required: ['certificateData', 'partnerDomain'],
      refusals,
      answers: { status: text, timestamp: text },
    },
    async ({ keymanager, fields }) => {
      const given = fields.text('certificateData')
      const certificates = given.includes('-----BEGIN') ? given : fields.bytes('certificateData')
      const { stored, refused } = await keymanager.partners.trust(fields.text('partnerDomain'), certificates)
      const status =
        stored === 0 ? 'Upload Failed.' : refused > 0 ? 'Partial Upload Success.' : 'Upload Success.'
      return { status, timestamp: localNow() }
    },
  )
  post(
    '/uploadPartnerCertificate',
    {
      summary: 'Take in the certificate of a partner, and sign another one for its key',
      required: ['certificateData', 'organizationName', 'partnerDomain'],
      refusals: { ...refusals, MORTISE_ACCESS_DENIED: 'KER-PCM-016' },
      answers: { signedCertificateData: text, certificateId: text, timestamp: text },
    },
    async ({ keymanager, fields }) => {
      const { id, chain } = await keymanager.partners.certify(
        fields.text('partnerDomain'),
        fields.text('organizationName'),
        fields.text('certificateData'),
      )
      return {
        signedCertificateData: chain.toString('base64url'),
        certificateId: id,
        timestamp: localNow(),
      }
    },
  )
  get(
    '/getPartnerCertificate/:partnerCertId',
    {
      summary: 'The certificate that was signed here for a partner',
      refusals,
      answers: { certificateData: text, timestamp: text },
    },
    async ({ keymanager, params }) => {
      const { signed } = await keymanager.partners.get(params['partnerCertId'] ?? '')
      return { certificateData: toPem('x509', signed), timestamp: localNow() }
    },
  )
  get(
    '/getPartnerSignedCertificate/:partnerCertId',
    {
      summary: 'The same, and the one that the partner has brought',
      refusals,
      answers: { caSignedCertificateData: text, mosipSignedCertificateData: text, timestamp: text },
    },
    async ({ keymanager, params }) => {
      const { certificate, signed } = await keymanager.partners.get(params['partnerCertId'] ?? '')
      return {
        caSignedCertificateData: toPem('x509', certificate),
        mosipSignedCertificateData: toPem('x509', signed),
        timestamp: localNow(),
      }
    },
  )
  post(
    '/verifyCertificateTrust',
    {
      summary: 'Whether a certificate leads to a root that is trusted in a domain',
      required: ['certificateData', 'partnerDomain'],
      refusals,
      answers: { status: Type.Boolean() },
    },
    async ({ keymanager, fields }) => ({
      status: await keymanager.partners.isTrusted(
        fields.text('partnerDomain'),
        fields.text('certificateData'),
      ),
    }),
  )
  post(
    '/getCaCertificates',
    {
      summary: 'The authorities that partners are trusted by, in pages',
      refusals,
      answers: {
        pageNumber: Type.Integer(),
        pageSize: Type.Integer(),
        totalRecords: Type.Integer(),
        totalPages: Type.Integer(),
        allPartnerCertificates: Type.Array(
          Type.Object({
            ...{ caCertificateType: text, partnerDomain: text, certId: text, issuedTo: text, issuedBy: text },
            ...{ certThumbprint: text, validFromDate: text, validTillDate: text, uploadTime: text },
            status: Type.Boolean(),
          }),
        ),
      },
    },
    async ({ keymanager, fields }) => {
      const domain = fields.text('partnerDomain') || undefined
      const all = await keymanager.partners.authorities(domain, !fields.flag('excludeMosipCA'))
      const found = sorted(all.map(shown).filter(wanted(fields)), fields)
      const pageNumber = Math.max(fields.whole('pageNumber') ?? 1, 1)
      const asked = fields.whole('pageSize') ?? 0
      const pageSize = asked < 1 ? usualPage : asked
      return {
        ...{ pageNumber, pageSize, totalRecords: found.length },
        totalPages: Math.ceil(found.length / pageSize),
        allPartnerCertificates: found.slice((pageNumber - 1) * pageSize, pageNumber * pageSize),
      }
    },
  )
  get(
    '/getCACertificateTrustPath/:caCertId',
    {
      summary: 'The certificates from an authority up to its root',
      refusals: { ...refusals, 'MORTISE_KEYMANAGER_CERTIFICATE missing': 'KER-PMS-019' },
      answers: { p7bFile: text, timestamp: text },
    },
    async ({ keymanager, params }) => {
      const der = await keymanager.partners.pathOf(params['caCertId'] ?? '')
      return { p7bFile: toPem('pkcs7', der), timestamp: localNow() }
    },
  )
}

type Shown = ReturnType<typeof shown>

function shown({ id, domain, isRoot, x509, uploaded, valid }: KnownAuthority) {
  return {
    caCertificateType: isRoot ? 'ROOT' : 'INTERMEDIATE',
    partnerDomain: domain,
    certId: id,
    issuedTo: x509.subject.text,
    issuedBy: x509.issuer.text,
    // MOSIP finds them by it; it proves nothing.
    certThumbprint: hash('sha1', x509.der),
    validFromDate: x509.notBefore.toISOString(),
    validTillDate: x509.notAfter.toISOString(),
    uploadTime: new Date(uploaded).toISOString(),
    status: valid,
  }
}

/** What is asked for: texts anywhere in a field, dates to the day. */
function wanted(fields: Fields): (one: Shown) => boolean {
  const type = fields.text('caCertificateType').toUpperCase()
  if (!['', 'ROOT', 'INTERMEDIATE'].includes(type))
    throw new MortiseError('MORTISE_INPUT_INVALID', 'caCertificateType is ROOT or INTERMEDIATE', {
      details: { fault: 'type' },
    })
  const texts = (['certId', 'issuedTo', 'issuedBy'] as const).map(
    (name) => [name, fields.text(name).toLowerCase()] as const,
  )
  const dates = (['validFromDate', 'validTillDate', 'uploadTime'] as const).map(
    (name) => [name, dayOf(fields.date(name))] as const,
  )
  const end = dayOf(fields.date('expiringWithinDate'))
  return (one) =>
    (type === '' || one.caCertificateType === type) &&
    texts.every(([name, part]) => one[name].toLowerCase().includes(part)) &&
    dates.every(([name, date]) => date === undefined || one[name].startsWith(date)) &&
    (end === undefined || (one.status && one.validTillDate.slice(0, 10) <= end))
}

function dayOf(date: Date | undefined): string | undefined {
  return date?.toISOString().slice(0, 10)
}

/** By the names of the answer, and by those of MOSIP's tables. */
const sortable: Readonly<Record<string, keyof Shown>> = {
  ...{ caCertificateType: 'caCertificateType', partnerDomain: 'partnerDomain', certId: 'certId' },
  ...{ issuedTo: 'issuedTo', certSubject: 'issuedTo', issuedBy: 'issuedBy', certIssuer: 'issuedBy' },
  ...{ certThumbprint: 'certThumbprint', uploadTime: 'uploadTime', createdtimes: 'uploadTime' },
  ...{ validFromDate: 'validFromDate', certNotBefore: 'validFromDate' },
  ...{ validTillDate: 'validTillDate', certNotAfter: 'validTillDate' },
}

function sorted(all: readonly Shown[], fields: Fields): readonly Shown[] {
  const name = fields.text('sortByFieldName') || 'uploadTime'
  const field = Object.hasOwn(sortable, name) ? sortable[name] : undefined
  if (field === undefined)
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `sortByFieldName is one of ${Object.keys(sortable).join(', ')}`,
    )
  const ascending = [...all].sort((a, b) => (a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0))
  return fields.text('sortOrder').toUpperCase() === 'DESC' ? ascending.reverse() : ascending
}
