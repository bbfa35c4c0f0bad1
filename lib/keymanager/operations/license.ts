import { randomInt } from 'node:crypto'
import { MortiseError } from '../../errors/index.js'
import { livingStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { License } from '../licenses.js'
import type { KeymanagerServices } from '../services.js'

const licenseKeyCharacters = 16
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const longestProvider = 255

/** What there are licences for: those of MOSIP. */
const licensed = [
  'OTP Trigger',
  'OTP Authentication',
  'Demo Authentication - Identity Data Match',
  'Demo Authentication - Address Data Match',
  'Demo Authentication - Full Address Data Match',
  'Demo Authentication - Secondary Language Match',
  'Biometric Authentication - FMR Data Match',
  'Biometric Authentication - IIR Data Match',
  'Biometric Authentication - FID Data Match',
  'Static Pin Authentication',
  'eKYC - limited',
  'eKYC - Full',
  'eKYC - No',
]

export interface CreateKeymanagerLicenseInput {
  /** Id of the private key of ROOT: who may let it certify, may license. */
  readonly root: string
  /** Who is licensed: 1 to 255 characters. */
  readonly provider: string
  /** Milliseconds since 1970. */
  readonly expires: number
}

/** Makes a licence for nothing yet. @returns its key: 16 letters and digits */
export const createKeymanagerLicense: ObjectOperation<
  KeymanagerServices,
  CreateKeymanagerLicenseInput,
  string
> = {
  name: 'CreateKeymanagerLicense',
  permission: 'Certify',
  durability: 'synced',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare({ licenses, clock }, _actor, { provider, expires }) {
    if (provider.length > longestProvider)
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a service provider has ${longestProvider} characters at most`,
      )
    if (!(expires > clock.now())) throw refused('a licence ends later than now', 'past')
    const licenseKey = Array.from(
      { length: licenseKeyCharacters },
      () => alphabet[randomInt(alphabet.length)],
    )
    const text = licenseKey.join('')
    return {
      answer: text,
      rows: { records: [licenses.write({ provider, expires, permissions: [] }, text, 1)] },
      detail: { provider, expires: new Date(expires).toISOString() },
    }
  },
}

interface Licensee {
  readonly provider: string
  readonly licenseKey: string
}

export interface ExtendKeymanagerLicenseInput extends Licensee {
  /** Id of the private key of ROOT. */
  readonly root: string
  /** What it is for from now on, besides what it was for. */
  readonly permissions: readonly string[]
}

/** Says what a licence is for. @throws MORTISE_INPUT_INVALID */
export const extendKeymanagerLicense: ObjectOperation<
  KeymanagerServices,
  ExtendKeymanagerLicenseInput,
  void
> = {
  name: 'ExtendKeymanagerLicense',
  permission: 'Certify',
  durability: 'synced',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare({ licenses }, _actor, { provider, licenseKey, permissions: more }) {
    const { version, value } = await found(licenses.read(provider, licenseKey))
    if (!more.every((one) => licensed.includes(one)))
      throw refused(`a permission is one of: ${licensed.join(', ')}`, 'permission')
    const permissions = [...new Set([...value.permissions, ...more])]
    return {
      answer: undefined,
      rows: { records: [licenses.write({ ...value, permissions }, licenseKey, version + 1)] },
      detail: { provider, permissions },
    }
  },
}

export interface GetKeymanagerLicenseInput extends Licensee {
  /** Id of the public key of ROOT. */
  readonly root: string
}

/** What a licence is for. @throws MORTISE_INPUT_INVALID for one that has ended, or is for nothing */
export const getKeymanagerLicense: ObjectOperation<KeymanagerServices, GetKeymanagerLicenseInput, License> = {
  name: 'GetKeymanagerLicense',
  permission: 'Get',
  durability: 'written',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare({ licenses, clock }, _actor, { provider, licenseKey }) {
    const { value } = await found(licenses.read(provider, licenseKey))
    if (value.expires < clock.now()) throw refused('the licence has ended', 'ended')
    if (value.permissions.length === 0) throw refused('the licence is for nothing yet', 'empty')
    return { answer: value, detail: { provider } }
  },
}

async function found<Value>(reading: Promise<Value | undefined>): Promise<Value> {
  const license = await reading
  if (license) return license
  throw refused('there is no such licence', 'missing')
}

/** @param fault for whoever renders it */
function refused(message: string, fault: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, { details: { fault } })
}
