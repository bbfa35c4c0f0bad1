import type { ManagedObject, ObjectType, SplitKeyFacts, State, Usage } from '../operation/index.js'
import { type RotationInfo, rotationInfo } from './rotation.js'
import { usagesOf } from './row.js'

/** What may be told about a managed object: never its material. */
export interface ObjectInfo {
  /** UUID of this version. */
  readonly id: string
  readonly name: string | null
  readonly type: ObjectType
  readonly state: State
  /** Principal id. */
  readonly owner: string
  /** A row of the algorithm table, for instance `AES`; empty for secret data and opaque objects. */
  readonly algorithm: string
  /** Bits. */
  readonly length: number
  readonly curve: string | null
  readonly usage: readonly Usage[]
  /** Version of the key: 1, 2, ... with each rekey. */
  readonly keyVersion: number
  /** Id of the first version. */
  readonly family: string
  readonly provider: string
  readonly extractable: boolean
  /** Whether callers may choose the IV that they encrypt under. */
  readonly callerIv: boolean
  readonly sensitive: boolean
  readonly description: string | null
  /** ISO 8601, UTC; the others likewise, null where there is none. */
  readonly created: string
  /** When it became Active, or will. */
  readonly activated: string | null
  /** Before it, it opens and verifies nothing. */
  readonly processStart: string | null
  /** From then on it protects nothing. */
  readonly protectStop: string | null
  /** When it became Deactivated, or will. */
  readonly deactivated: string | null
  /** Since when it is archived. */
  readonly archived: string | null
  readonly compromised: string | null
  readonly destroyed: string | null
  /** When it is to be destroyed: it cannot be used until that is cancelled. */
  readonly destroyAt: string | null
  /** When it is rekeyed of itself, if it is. */
  readonly rotation: RotationInfo | null
  readonly revocationReason: string | null
  /** Of a share of a split key. */
  readonly splitKey: SplitKeyFacts | null
  readonly links: {
    readonly publicKey: string | null
    readonly privateKey: string | null
    readonly replacement: string | null
    readonly replaced: string | null
    /** What it was derived from. */
    readonly derivationBase: string | null
    /** What was derived from it last. */
    readonly derivedKey: string | null
    /** The key of which it is a share. */
    readonly parent: string | null
  }
}

export function objectInfo(object: ManagedObject): ObjectInfo {
  const { values } = object
  return {
    id: object.id,
    name: object.name,
    type: object.type,
    state: object.state,
    owner: object.owner,
    algorithm: object.algorithm,
    length: object.length,
    curve: values.curve ?? null,
    usage: usagesOf(object.usage),
    keyVersion: object.serial,
    family: object.family,
    provider: object.provider,
    extractable: values.extractable,
    callerIv: values.callerIv ?? false,
    sensitive: values.sensitive,
    description: values.description ?? null,
    created: new Date(object.created).toISOString(),
    activated: date(values.activated),
    processStart: date(values.processStart),
    protectStop: date(values.protectStop),
    deactivated: date(values.deactivated),
    archived: date(values.archived),
    compromised: date(values.compromised),
    destroyed: date(values.destroyed),
    destroyAt: date(values.destroyAt),
    rotation: values.rotation ? rotationInfo(values.rotation) : null,
    revocationReason: values.revocationReason ?? null,
    splitKey: values.splitKey ?? null,
    links: {
      publicKey: values.links?.publicKey ?? null,
      privateKey: values.links?.privateKey ?? null,
      replacement: values.links?.replacement ?? null,
      replaced: values.links?.replaced ?? null,
      derivationBase: values.links?.derivationBase ?? null,
      derivedKey: values.links?.derivedKey ?? null,
      parent: values.links?.parent ?? null,
    },
  }
}

function date(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString()
}
