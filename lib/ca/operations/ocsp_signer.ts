import { hash } from 'node:crypto'
import { keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import {
  certifyingScheme,
  certifyingSigner,
  destroyedRow,
  judge,
  judgedCertifying,
  managed,
  newId,
  newJob,
  newPair,
  originOf,
  removalsFromTokens,
  type StoredJob,
  undone,
} from '../../keys/index.js'
import {
  AlreadyDone,
  type ManagedObject,
  type ObjectOperation,
  type Prepared,
  states,
} from '../../operation/index.js'
import {
  type Certificate,
  type Name,
  nameOf,
  nameOfRelativeNames,
  parseCertificate,
  parsePublicKey,
  signTbsCertificate,
} from '../../x509/index.js'
import { wrongState } from '../authorities.js'
import { type CertificateRecord, serialText, standingOf, subjectFacts } from '../certificates.js'
import type { OcspSigner } from '../ocsp_signers.js'
import type { CaServices } from '../services.js'
import { usualSettings } from '../settings.js'
import { templateOf } from '../template.js'
import { validityOf } from '../validity.js'
import { orphaned } from './orphaned.js'

/** Of the life of a signer, after so much the next one is made. */
const part = 2 / 3
const profileName = 'ocsp-signer'

interface One {
  /** Id of the authority. */
  readonly authority: string
}

const asks = {
  name: 'RenewOCSPSigner',
  permission: 'CertificateRevoke',
  durability: 'synced',
  purposes: ['ca'],
  usage: 'CertificateSign',
} as const

/**
 * Makes what signs OCSP answers for an authority, where there is none that could: a key, and its certificate. The key is stored with
 * the record of the certificate or not at all, so that nothing else need be on record before it is signed.
 */
export const renewOcspSigner: ObjectOperation<CaServices, One, null> = {
  ...asks,
  states: ['Active'],
  target: ({ authority }) => ({ object: authority }),
  async prepare(services, actor, _input, object) {
    // Another process was there first.
    if (await usableSigner(services, object)) throw new AlreadyDone()
    return made(services, object, actor.id, undefined)
  },
}

/** What the scheduler runs, before a signer ends. */
export const ocspSignerDue: ObjectOperation<CaServices, StoredJob, null> = {
  ...asks,
  states,
  target: (input) => input,
  async prepare(services, _actor, { key }, object) {
    const job = await services.jobs.read(key)
    if (!job) throw new AlreadyDone()
    return object.state === 'Active' ? made(services, object, job.setBy, job) : orphaned(services, job)
  },
}

/**
 * What signs OCSP answers for an authority from now on, in this process: decided and recorded once.
 *
 * @throws MORTISE_CA_STATE where there is none
 */
export const openOcspSigner: ObjectOperation<CaServices, One, OcspSigner> = {
  name: 'OpenOCSPSigner',
  permission: 'CertificateRevoke',
  durability: 'written',
  states: ['Active'],
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  async prepare(services, _actor, _input, object) {
    const found = await usableSigner(services, object)
    if (!found) throw new MortiseError('MORTISE_CA_STATE', 'the authority has no signer of OCSP answers')
    const { certificate, id } = found
    const mark = judge(services, 'protect', found.key, judgedCertifying(found.key))
    return {
      answer: { certificate, id, signer: certifyingSigner(services, found.key) },
      detail: { certificate: id, serial: certificate.serialNumber, ...mark },
    }
  },
}

/** The signer of an authority, unless it has ended, was revoked or was never made. */
async function usableSigner(
  { ocspSigners, certificates, objects, clock }: CaServices,
  object: ManagedObject,
): Promise<
  { readonly key: ManagedObject; readonly certificate: Certificate; readonly id: string } | undefined
> {
  const stored = await ocspSigners.read(object.id)
  if (!stored) return undefined
  const { certificate: id, der, key: keyId } = stored.value
  const certificate = parseCertificate(Buffer.from(der, 'base64'))
  const issued = await certificates.get(id)
  const key = await objects.byId(keyId)
  const isGood = issued !== undefined && standingOf(issued.value) === 'good'
  if (!isGood || certificate.notAfter.getTime() <= clock.now() || key?.state !== 'Active') return undefined
  return { key, certificate, id }
}

async function made(
  services: CaServices,
  object: ManagedObject,
  setBy: string,
  job: StoredJob | undefined,
): Promise<Prepared<null>> {
  const { authorities, certificates, certificateProfiles, jobs, ocspSigners, rehearsals, clock } = services
  const authority = await authorities.of(object)
  const { certificate: issuer } = authority
  if (!issuer) throw wrongState(authority.record, 'it has no certificate')
  const mark = judge(services, 'protect', object, judgedCertifying(object))
  const profile = await certificateProfiles.find(profileName)
  const now = clock.now()
  const before = await ocspSigners.read(object.id)
  const gone = before ? await ocspSigners.keys(before) : []
  const pair = await newPair(
    services,
    { spec: signingSpec(), owner: { id: object.owner }, purpose: 'ca', provider: object.provider },
    { activate: true },
    { activate: true },
  )
  const [privateKey, publicKey] = [managed(pair[0]), managed(pair[1])]
  const provider = services.provider(publicKey.provider)
  const abandon = undone(provider, pair)
  try {
    const template = templateOf(
      {
        profile,
        subject: subjectBelow(issuer),
        publicKey: parsePublicKey(await provider.open(publicKey).export({ format: 'spki' })),
        names: {},
        validity: validityOf({}, { usual: profile.days, most: profile.maximumDays }, now, issuer),
      },
      // Nobody asks whether it is revoked.
      { certificate: issuer, settings: usualSettings },
    )
    const rehearsed = await rehearsals.rehearse(template, certifyingScheme(object), {
      ...authority,
      certificate: issuer,
    })
    const certificate = await signTbsCertificate(rehearsed.message, certifyingSigner(services, object))
    const der = Buffer.from(certificate.der).toString('base64')
    const [notBefore, notAfter] = [certificate.notBefore.getTime(), certificate.notAfter.getTime()]
    const record: CertificateRecord = {
      ...{ id: newId(), authority: object.id, name: null, profile: profile.name },
      serial: serialText(certificate.serialNumber),
      ...subjectFacts(certificate.subject),
      ...{ notBefore, notAfter, der, revocation: null, owner: object.owner },
      ...{ created: now, updated: now, deleted: false },
    }
    // One that ends with its issuer has none after it, until the issuer is renewed and somebody asks.
    const due = Math.floor(notBefore + (notAfter - notBefore) * part)
    const next =
      notAfter < issuer.notAfter.getTime() ? [jobs.write(newJob('ocsp', object.id, due, setBy))] : []
    return {
      answer: null,
      rows: {
        objects: [...pair.map((row) => ({ row })), ...gone.map((key) => destroyedRow(services, key))],
        records: [
          certificates.write(record, 1),
          ocspSigners.write(object.id, { key: privateKey.id, certificate: record.id, der }, before),
          ...(await jobs.removals(object.id, 'ocsp')),
          ...removalsFromTokens(services, gone, setBy),
          ...next,
        ],
      },
      detail: {
        ...{ certificate: record.id, serial: record.serial, subject: record.subject },
        ...{ key: privateKey.id, fingerprint: hash('sha256', certificate.der) },
        ...mark,
        ...(job && originOf(job)),
      },
      abandon,
    }
  } catch (error) {
    abandon()
    throw error
  }
}

/** P-256 for authorities of all kinds: every client verifies it, and a signature is made in a fraction of the time of RSA. */
function signingSpec() {
  const spec = keySpec('EC', undefined, 'P-256')
  const usages = { PrivateKey: ['Sign'], PublicKey: ['Verify'] } as const
  return { ...spec, algorithm: { ...spec.algorithm, usages } }
}

const commonName = '2.5.4.3'

/** The name of the issuer but for its common name: within whatever names the authorities above allow. */
function subjectBelow({ subject }: Certificate): Name {
  const above = subject.relativeNames.filter((attributes) =>
    attributes.every(({ type }) => type !== commonName),
  )
  const own = nameOf([{ type: 'CN', value: 'OCSP signer' }])
  return nameOfRelativeNames([...above, ...own.relativeNames])
}
