import { createHash } from 'node:crypto'
import { type KeySpec, keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { ManagedObject, ObjectOperation, ObjectRow, Principal } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { newRow } from '../make.js'
import { changedRow, managed, newId, usagesOf } from '../row.js'
import type { KeyServices } from '../services.js'

/** The key version takes 32 bits in a record. */
const serialLimit = 2 ** 32 - 1

export interface RekeyInput {
  /** Id or name of a symmetric or private key. */
  readonly object: string
}

export interface RekeyAnswer {
  /** The new version: it bears the name from now on. */
  readonly replacement: ObjectInfo
  /** The old version: it still opens and verifies what it made. */
  readonly replaced: ObjectInfo
}

/**
 * Makes the next version of a key: same algorithm, attributes and owner; the name moves to it, and grants are on the key
 * with all its versions. For a private key
 * the public key is replaced with it (KMIP 2.1 sections 6.1.42 and 6.1.43).
 */
export const rekey: ObjectOperation<KeyServices, RekeyInput, RekeyAnswer> = {
  name: 'Rekey',
  permission: 'Rekey',
  durability: 'synced',
  states: ['Active', 'Deactivated'],
  purposes: ['general'],
  target: (input) => input,
  async prepare(services, actor, _input, object) {
    const newest = (await services.objects.family(object.family))[0]
    if (newest?.id !== object.id) {
      throw new MortiseError('MORTISE_KEY_STATE', 'only the newest version of a key can be rekeyed', {
        details: { newest: newest?.id ?? null },
      })
    }
    if (object.serial >= serialLimit) throw new MortiseError('MORTISE_CRYPTO_LIMIT_REACHED')
    const spec = keySpec(object.algorithm, object.length, object.values.curve)
    const mark = judge(services, 'protect', object)
    const versions =
      object.type === 'SymmetricKey'
        ? [await nextSecret(services, actor, object, spec)]
        : object.type === 'PrivateKey'
          ? await nextPair(services, actor, object, spec)
          : undefined
    const first = versions?.[0]
    if (!versions || !first) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'rekey the private key: its public key is replaced with it',
      )
    }
    return {
      answer: {
        replacement: objectInfo(managed(first.row)),
        replaced: objectInfo(managed(first.oldRow)),
      },
      // The old rows first: they give up the names that the new ones take.
      rows: {
        objects: [
          ...versions.map(({ oldRow }) => ({ row: oldRow })),
          ...versions.map(({ row }) => ({ row })),
        ],
      },
      ends: versions.map(({ old }) => ({ object: old.id, principal: null })),
      detail: { replacement: first.row.id, keyVersion: first.row.serial, ...mark },
    }
  },
}

interface Version {
  readonly old: ManagedObject
  /** The old version's row without its name and with its link. */
  readonly oldRow: ObjectRow
  readonly row: ObjectRow
}

async function nextSecret(
  services: KeyServices,
  actor: Principal,
  old: ManagedObject,
  spec: KeySpec,
): Promise<Version> {
  const id = newId()
  const identity = { id, type: old.type, serial: old.serial + 1 }
  const material = await services.provider(old.provider).generateSecret(spec, identity)
  return succeed(services, actor, old, spec, { id, material, links: {} })
}

async function nextPair(
  services: KeyServices,
  actor: Principal,
  old: ManagedObject,
  spec: KeySpec,
): Promise<Version[]> {
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
    )
  const publicKeyDigest = createHash('sha256').update(pair.publicKey).digest('hex')
  return [
    succeed(services, actor, old, spec, {
      id: privateId,
      material: pair.privateMaterial,
      links: { publicKey: publicId },
      publicKeyDigest,
    }),
    succeed(services, actor, publicOld, spec, {
      id: publicId,
      material: pair.publicMaterial,
      links: { privateKey: privateId },
      publicKeyDigest,
    }),
  ]
}

function succeed(
  services: KeyServices,
  actor: Principal,
  old: ManagedObject,
  spec: KeySpec,
  made: {
    readonly id: string
    readonly material: Uint8Array
    readonly links: object
    readonly publicKeyDigest?: string
  },
): Version {
  const row = newRow(
    services,
    {
      ...made,
      type: old.type,
      spec,
      // Whoever rekeys for the owner does not become one.
      owner: { ...actor, id: old.owner },
      family: old.family,
      serial: old.serial + 1,
      links: { ...made.links, replaced: old.id },
    },
    {
      ...(old.name !== null && { name: old.name }),
      ...(old.values.description && { description: old.values.description }),
      usage: usagesOf(old.usage),
      extractable: old.values.extractable,
      callerIv: old.values.callerIv ?? false,
    },
  )
  const links = { ...old.values.links, replacement: made.id }
  return { old, oldRow: changedRow(services.barrier, old, { name: null, values: { links } }), row }
}
