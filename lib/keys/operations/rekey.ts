import { type KeySpec, keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { KeyTraits } from '../../hsm/index.js'
import type {
  AuditDetail,
  ManagedObject,
  ObjectAttributes,
  ObjectOperation,
  ObjectRow,
  RotationPolicy,
  Usage,
} from '../../operation/index.js'
import { initialValues } from '../attributes/index.js'
import { parseDuration } from '../duration.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { livingStates } from '../lifecycle.js'
import { takenBack } from '../on_token.js'
import { nextPolicy, requireBetween, retirement, rotationJob, rotationRemovals } from '../rotation.js'
import { changedRow, managed, maskOf, newId, usagesOf } from '../row.js'
import type { KeyServices } from '../services.js'
import { type NextVersion, succeedingRow } from '../succession.js'

/** The key version takes 32 bits in a record. */
const serialLimit = 2 ** 32 - 1
const longestOffset = parseDuration('36500d')

type RekeyDate = 'ActivationDate' | 'ProcessStartDate' | 'ProtectStopDate' | 'DeactivationDate'

export interface RekeyInput {
  /** Id or name of a symmetric or private key. */
  readonly object: string
  /**
   * From now to the activation of the new version: ISO 8601 (`P7D`) or `7d`. Its other dates are moved with that one. Without
   * it the dates of the old version are those of the new one.
   */
  readonly offset?: string
  /** The dates of the new version by KMIP's names, ISO 8601, instead of those of the old one. Not besides an offset. */
  readonly dates?: { readonly [name in RekeyDate]?: string }
  /** Bits of the new version. Default: as before. */
  readonly length?: number
  /** Curve of the new version. Default: as before. */
  readonly curve?: string
  /** Fewer usages than before. Default: as before. */
  readonly usage?: readonly Usage[]
  /** False: the new version cannot be exported. A key that cannot be is not made extractable. Default: as before. */
  readonly extractable?: false
  readonly description?: string
}

export interface RekeyAnswer {
  /** The new version: it bears the name from now on. */
  readonly replacement: ObjectInfo
  /** The old version: it still opens and verifies what it made. */
  readonly replaced: ObjectInfo
}

/**
 * Makes the next version of a key: what is not said otherwise it has of the old one. The name and the rotation policy move
 * to it, and grants are on the key with all its versions. For a private key the public key is replaced with it. The old
 * version stays in its state (KMIP 2.1 sections 6.1.42 and 6.1.43).
 */
export const rekey: ObjectOperation<KeyServices, RekeyInput, RekeyAnswer> = {
  name: 'Rekey',
  // A date does what an operation does.
  permission: ({ dates = {} }) => [
    'Rekey',
    ...(dates.ActivationDate === undefined ? [] : (['Activate'] as const)),
    ...(dates.DeactivationDate === undefined ? [] : (['Revoke'] as const)),
  ],
  durability: 'synced',
  states: livingStates,
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    if (object.type !== 'SymmetricKey' && object.type !== 'PrivateKey') {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        object.type === 'PublicKey'
          ? 'rekey the private key: its public key is replaced with it'
          : `an object of the type ${object.type} is not a key that can be rekeyed`,
      )
    }
    const versions = await services.objects.family(object.family)
    if (versions[0]?.id !== object.id) {
      throw new MortiseError('MORTISE_KEY_STATE', 'only the newest version of a key can be rekeyed', {
        details: { newest: versions[0]?.id ?? null },
      })
    }
    if (object.material === null)
      throw new MortiseError('MORTISE_KEY_STATE', 'the value of the key is kept elsewhere: rekey it there')
    if (object.serial >= serialLimit) throw new MortiseError('MORTISE_CRYPTO_LIMIT_REACHED')
    const { rotation } = object.values
    const policy = rotation && nextPolicy(rotation, services.clock.now())
    const wanted = wantedOf(object, input, policy)
    const mark = judge(services, 'protect', wanted.spec)
    const [first, ...others] =
      object.type === 'PrivateKey'
        ? await nextPair(services, object, wanted)
        : [await nextSecret(services, object, wanted)]
    const made = [first, ...others]
    const { row } = first
    const olderRows = await retired(services, made, rotation?.keepActive)
    return {
      ...takenBack(
        services.provider(object.provider),
        made.map(({ row }) => row),
      ),
      answer: {
        replacement: objectInfo(managed(row)),
        replaced: objectInfo(managed(olderRows[0] as ObjectRow)),
      },
      rows: {
        // The old rows first: they give up the names that the new ones take.
        objects: [...olderRows, ...made.map(({ row }) => row)].map((row) => ({ row })),
        ...(policy && {
          records: [
            ...(await rotationRemovals(services, object)),
            services.jobs.write(rotationJob(row.id, policy)),
          ],
        }),
      },
      ends: olderRows.map(({ id }) => ({ object: id, principal: null })),
      detail: { ...detailOf(row, policy?.next), ...mark },
    }
  },
}

function detailOf(row: ObjectRow, nextRotation: number | undefined): AuditDetail {
  return {
    replacement: row.id,
    keyVersion: row.serial,
    state: row.state,
    ...(nextRotation !== undefined && { nextRotation: new Date(nextRotation).toISOString() }),
  }
}

/** What is to be otherwise than before. */
interface Wanted extends Pick<NextVersion, 'offset' | 'usage' | 'values'> {
  readonly spec: KeySpec
  /** Of both keys of a pair. */
  readonly dates: Partial<ObjectAttributes>
}

function wantedOf(object: ManagedObject, input: RekeyInput, policy: RotationPolicy | undefined): Wanted {
  const { values, algorithm } = object
  const { length, curve, usage, extractable, description, dates } = input
  if (dates && input.offset !== undefined)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the dates of the new version are given, or by an offset')
  const other = length !== undefined || curve !== undefined
  const spec = other ? keySpec(algorithm, length, curve) : keySpec(algorithm, object.length, values.curve)
  const changes: Partial<ObjectAttributes> = {
    ...(extractable === false && { extractable: false, sensitive: true }),
    ...(description !== undefined && { description }),
    ...(policy && { rotation: policy }),
  }
  return {
    spec,
    dates: dates ? initialValues(object.type, dates) : {},
    offset:
      input.offset === undefined
        ? undefined
        : requireBetween('the offset', parseDuration(input.offset), 0, longestOffset),
    // What the old version could not do is not for whoever rekeys to give.
    usage: usage && maskOf(usage, usagesOf(object.usage)),
    values: changes,
  }
}

/** A new version and the one that it replaces. */
export interface Succession {
  readonly old: ManagedObject
  readonly row: ObjectRow
}

/** The version that comes after a symmetric key. */
export async function nextSecret(
  services: KeyServices,
  old: ManagedObject,
  { spec, values, dates, ...wanted }: Wanted,
): Promise<Succession> {
  const id = newId()
  const identity = { id, type: old.type, serial: old.serial + 1 }
  const traits = nextTraits(old, wanted)
  const material = await services.provider(old.provider).generateSecret(spec, identity, traits)
  return {
    old,
    row: succeedingRow(services, old, {
      ...wanted,
      ...{ id, spec, material, links: {}, values: { ...values, ...dates } },
    }),
  }
}

/** The versions that come after a private key and its public one. */
export async function nextPair(
  services: KeyServices,
  old: ManagedObject,
  { spec, offset, values, dates, ...wanted }: Wanted,
): Promise<[Succession, Succession]> {
  const publicOld = old.values.links?.publicKey && (await services.objects.byId(old.values.links.publicKey))
  if (!publicOld || publicOld.owner !== old.owner) {
    throw new MortiseError(
      'MORTISE_KEY_STATE',
      'the private key has no public key of the same owner to replace with it',
    )
  }
  const privateId = newId()
  const publicId = newId()
  const pair = await services
    .provider(old.provider)
    .generatePair(
      spec,
      { id: privateId, type: 'PrivateKey', serial: old.serial + 1 },
      { id: publicId, type: 'PublicKey', serial: publicOld.serial + 1 },
      nextTraits(old, wanted),
      nextTraits(publicOld, {}),
    )
  const { publicKey } = pair
  return [
    {
      old,
      row: succeedingRow(services, old, {
        ...wanted,
        offset,
        id: privateId,
        spec,
        material: pair.privateMaterial,
        links: { publicKey: publicId },
        publicKey,
        values: { ...values, ...dates },
      }),
    },
    {
      old: publicOld,
      row: succeedingRow(services, publicOld, {
        offset,
        id: publicId,
        spec,
        material: pair.publicMaterial,
        links: { privateKey: privateId },
        publicKey,
        values: dates,
      }),
    },
  ]
}

/** What the new version is for: what the old one was, but for what was asked otherwise. */
function nextTraits(
  { name, usage, values }: ManagedObject,
  wanted: Pick<Wanted, 'usage' | 'values'> | { readonly usage?: undefined; readonly values?: undefined },
): KeyTraits {
  const { extractable, sensitive } = { ...values, ...wanted.values }
  return { ...(name !== null && { name }), usage: usagesOf(wanted.usage ?? usage), extractable, sensitive }
}

/** The new rows of what was there before: the replaced versions in the order of `made`, then those that end with them. */
async function retired(
  services: KeyServices,
  made: readonly Succession[],
  keepActive: number | undefined,
): Promise<ObjectRow[]> {
  const replaced: ObjectRow[] = []
  const older: ObjectRow[] = []
  for (const { old, row } of made) {
    // A version that is not Active yet protects nothing: the one before it must go on.
    const newest = row.state === 'Active' ? row.serial : old.serial
    const change = retirement(services, old, newest, keepActive)
    const links = { ...old.values.links, replacement: row.id }
    const values = { ...change?.values, links, rotation: undefined, furtherNames: undefined }
    replaced.push(changedRow(services.barrier, old, { ...change, name: null, values }))
    if (keepActive === undefined) continue
    for (const version of await services.objects.family(old.family)) {
      const change = version.id !== old.id && retirement(services, version, newest, keepActive)
      if (change) older.push(changedRow(services.barrier, version, change))
    }
  }
  return [...replaced, ...older]
}
