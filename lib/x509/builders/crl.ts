import { setImmediate } from 'node:timers/promises'
import { MortiseError } from '../../errors/index.js'
import { constructed } from '../der/tags.js'
import { count, nothing, sequence, value } from '../der/writer.js'
import { type CrlExtensionValues, crlExtensions, entryExtensions } from '../extensions/crl_extensions.js'
import { writeExtensions } from '../extensions/extensions.js'
import type { RevocationReason } from '../extensions/reasons.js'
import type { GeneralName } from '../name/general_name.js'
import type { Name } from '../name/name.js'
import { signatureIdentifier } from '../signature.js'
import { writeTime } from '../time.js'
import { writeSerialNumber } from './serial_number.js'
import { type Signer, signed } from './signed.js'

/** One certificate that is revoked (RFC 5280 section 5.3). */
export interface RevokedCertificate {
  /** As in the certificate, hexadecimal. */
  readonly serialNumber: string
  readonly revocationDate: Date
  /** Default unspecified, which is not written. */
  readonly reason?: RevocationReason | undefined
  /** Since when the key is known or suspected to be compromised. */
  readonly invalidityDate?: Date | undefined
  /** Of indirect CRLs: who issued this one and those behind it. Default: as of the one before, at first who signs the CRL. */
  readonly certificateIssuer?: readonly GeneralName[] | undefined
}

/** What a CRL is to say (RFC 5280 section 5.1). */
export interface CrlTemplate {
  /** The subject of who signs it, whose bytes it takes over. */
  readonly issuer: Name
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  readonly revoked: Iterable<RevokedCertificate>
  /** `cRLNumber` and `authorityKeyIdentifier` are wanted of every CRL (section 5.2). */
  readonly extensions: CrlExtensionValues
}

/** Bytes: a length of 3 bytes, which is what the reader takes. Some 400,000 certificates; more belong into several CRLs. */
export const largestCrl = 2 ** 24 - 1

/**
 * Builds a CRL of version 2, some 150,000 entries in a second, and lets others have their turn meanwhile.
 *
 * @returns DER
 * @throws MORTISE_X509_INVALID for what cannot be encoded
 * @throws MORTISE_INPUT_TOO_LARGE for more than 16 MiB
 */
export async function buildCrl(template: CrlTemplate, signer: Signer): Promise<Buffer> {
  const der = await signed(await writeTbsCertList(template, signer), signer)
  if (der.length > largestCrl) throw tooLarge()
  return der
}

async function writeTbsCertList(template: CrlTemplate, { scheme }: Signer): Promise<Buffer> {
  const entries = await writeEntries(template.revoked)
  const extensions = writeExtensions(crlExtensions, template.extensions)
  return sequence(
    count(1),
    signatureIdentifier(scheme),
    template.issuer.der,
    writeTime(template.thisUpdate),
    writeTime(template.nextUpdate),
    // Where there are none, the list is left out (section 5.1.2.6).
    entries.length === 0 ? nothing : sequence(Buffer.concat(entries)),
    extensions === undefined ? nothing : value(constructed(0), extensions),
  )
}

/** Entries that are written in about a millisecond; then others have their turn. */
const turn = 250

async function writeEntries(revoked: Iterable<RevokedCertificate>): Promise<readonly Buffer[]> {
  const entries: Buffer[] = []
  let size = 0
  for (const one of revoked) {
    const entry = writeEntry(one)
    size += entry.length
    if (size > largestCrl) throw tooLarge()
    entries.push(entry)
    if (entries.length % turn === 0) await setImmediate()
  }
  return entries
}

function writeEntry({ serialNumber, revocationDate, reason, ...rest }: RevokedCertificate): Buffer {
  const { invalidityDate, certificateIssuer } = rest
  const hasReason = reason !== undefined && reason !== 'unspecified'
  const extensions =
    hasReason && !invalidityDate && !certificateIssuer
      ? onlyReason(reason)
      : writeExtensions(entryExtensions, {
          reasonCode: hasReason ? reason : undefined,
          invalidityDate,
          certificateIssuer,
        })
  return sequence(writeSerialNumber(serialNumber), writeTime(revocationDate), extensions ?? nothing)
}

const written = new Map<RevocationReason, Buffer | undefined>()

/** Nearly all entries have a reason and nothing else, and there are hundreds of thousands of them. */
function onlyReason(reason: RevocationReason): Buffer | undefined {
  const known = written.get(reason) ?? writeExtensions(entryExtensions, { reasonCode: reason })
  written.set(reason, known)
  return known
}

function tooLarge(): MortiseError {
  return new MortiseError(
    'MORTISE_INPUT_TOO_LARGE',
    'the CRL would be larger than 16 MiB: divide the certificates among several (issuing distribution points)',
  )
}
