import { readAlternativeNames, writeAlternativeNames } from './alternative_names.js'
import { readDistributionPoints, writeDistributionPoints } from './distribution_points.js'
import type { ExtensionValues, ReadExtensions } from './extensions.js'
import { readIssuingDistributionPoint, writeIssuingDistributionPoint } from './issuing_distribution_point.js'
import { readAuthorityKeyIdentifier, writeAuthorityKeyIdentifier } from './key_identifiers.js'
import { readReason, writeReason } from './reasons.js'
import { readCrlNumber, readInvalidityDate, writeCrlNumber, writeInvalidityDate } from './revocation.js'

/** RFC 5280 section 5.2. */
export const crlExtensions = {
  authorityKeyIdentifier: {
    type: '2.5.29.35',
    isCritical: false,
    read: readAuthorityKeyIdentifier,
    write: writeAuthorityKeyIdentifier,
  },
  cRLNumber: { type: '2.5.29.20', isCritical: false, read: readCrlNumber, write: writeCrlNumber },
  /** The number of the CRL that this one is relative to. */
  deltaCRLIndicator: { type: '2.5.29.27', isCritical: true, read: readCrlNumber, write: writeCrlNumber },
  issuingDistributionPoint: {
    type: '2.5.29.28',
    isCritical: true,
    read: readIssuingDistributionPoint,
    write: writeIssuingDistributionPoint,
  },
  freshestCRL: {
    type: '2.5.29.46',
    isCritical: false,
    read: readDistributionPoints,
    write: writeDistributionPoints,
  },
} as const

export type CrlExtensions = ReadExtensions<typeof crlExtensions>
export type CrlExtensionValues = ExtensionValues<typeof crlExtensions>

/** RFC 5280 section 5.3. */
export const entryExtensions = {
  reasonCode: { type: '2.5.29.21', isCritical: false, read: readReason, write: writeReason },
  invalidityDate: {
    type: '2.5.29.24',
    isCritical: false,
    read: readInvalidityDate,
    write: writeInvalidityDate,
  },
  certificateIssuer: {
    type: '2.5.29.29',
    isCritical: true,
    read: readAlternativeNames,
    write: writeAlternativeNames,
  },
} as const

export type EntryExtensions = ReadExtensions<typeof entryExtensions>
