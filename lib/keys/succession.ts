import type { Algorithm, KeySpec } from '../crypto/index.js'
import type { ManagedObject, ObjectAttributes, ObjectRow } from '../operation/index.js'
import { checkDates, stateAt } from './dates.js'
import { digestOf } from './make.js'
import { claimsOf } from './on_token.js'
import { checkName, encodeAttributes, maskOf, usagesOf } from './row.js'
import type { KeyServices } from './services.js'
import { encodeTerms } from './terms.js'

/** What the next version of a key is made of, beside what it has of the one before. */
export interface NextVersion {
  readonly id: string
  readonly spec: Pick<KeySpec, 'length' | 'curve'> & { readonly algorithm: Pick<Algorithm, 'usages'> }
  readonly material: Uint8Array
  /** SPKI, DER, of an asymmetric key. */
  readonly publicKey?: Uint8Array | undefined
  readonly links: ObjectAttributes['links']
  /** Milliseconds from now to its activation. */
  readonly offset?: number | undefined
  /** What was asked to be otherwise. */
  readonly usage?: ObjectRow['usage'] | undefined
  readonly values?: Partial<ObjectAttributes>
}

/** What a new version does not have of the old one (KMIP 2.1, Re-key Attribute Requirements). */
const own = [
  'alwaysSensitive',
  'archived',
  'changed',
  'compromiseOccurred',
  'compromised',
  'destroyAt',
  'destroyed',
  'fresh',
  'keyValueLocations',
  'links',
  'moreLinks',
  'neverExtractable',
  'originallyCreated',
  'publicKeyDigest',
  'randomNumberGenerator',
  'revocationMessage',
  'revocationReason',
  'rotation',
] as const satisfies readonly (keyof ObjectAttributes)[]

/** The row of the next version of a key, authenticated: it takes the name, and whatever is not its own. */
export function succeedingRow(services: KeyServices, old: ManagedObject, made: NextVersion): ObjectRow {
  const now = services.clock.now()
  const { id, spec, material, publicKey, links } = made
  const values: ObjectAttributes = {
    ...inherited(old.values),
    ...dates(old.values, now, made.offset),
    ...(spec.curve && { curve: spec.curve }),
    ...digestOf(publicKey),
    ...claimsOf(material),
    links: { ...links, replaced: old.id },
    ...made.values,
  }
  checkDates(values)
  const state = stateAt({ state: 'PreActive', values }, now)
  const { values: _, ...row } = old
  return services.barrier.authenticateObject({
    ...row,
    id,
    version: 1,
    state,
    name: old.name === null ? null : checkName(old.name),
    serial: old.serial + 1,
    length: spec.length,
    usage: maskOf(usagesOf(made.usage ?? old.usage), spec.algorithm.usages[old.type] ?? []),
    created: now,
    attributes: encodeAttributes(values),
    terms: encodeTerms(state, values),
    material,
  })
}

function inherited(values: ObjectAttributes): ObjectAttributes {
  const rest: ObjectAttributes = { ...values }
  for (const name of own) delete rest[name]
  for (const name of dateNames) delete rest[name]
  return rest
}

const dateNames = ['activated', 'processStart', 'protectStop', 'deactivated'] as const
type Dates = Pick<ObjectAttributes, (typeof dateNames)[number]>

/**
 * The dates of the new version (KMIP 2.1, Computing New Dates from Offset during Re-key): the old ones, or with an offset the
 * activation so long after now and the others as far from it as the old ones were. Ends that have come already, and the
 * one that a revocation made, are no plans for a new key.
 */
function dates(old: ObjectAttributes, now: number, offset: number | undefined): Dates {
  const planned: Dates = {}
  for (const name of dateNames) if (old[name] !== undefined) planned[name] = old[name]
  if (old.revocationReason !== undefined) delete planned.deactivated
  if (offset !== undefined) {
    const activated = now + offset
    const shift = planned.activated === undefined ? 0 : activated - planned.activated
    for (const name of dateNames) {
      const date = planned[name]
      if (date !== undefined) planned[name] = date + shift
    }
    planned.activated = activated
  }
  for (const end of ['protectStop', 'deactivated'] as const) {
    const date = planned[end]
    if (date !== undefined && date <= Math.max(now, planned.activated ?? now)) delete planned[end]
  }
  return planned
}
