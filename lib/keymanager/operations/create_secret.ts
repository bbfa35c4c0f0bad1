import { keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { domain, judge, livingStates, newId, newRow, nextSecret, undone } from '../../keys/index.js'
import type { ManagedObject, ObjectOperation, ObjectRow, Usage } from '../../operation/index.js'
import { checkKeyName, type KeyName, layerOf, objectName } from '../key_names.js'
import { replacedRow } from '../making.js'
import type { KeymanagerServices } from '../services.js'

const day = 86_400_000
/** After which another one is made, if somebody asks. */
const validDays = 3650
const bits = 256

export interface CreateKeymanagerSecretInput extends KeyName {
  /** Id of the private key of ROOT, which the key has owner and grants of. */
  readonly root: string
  /** Whether another one is made though there is one. */
  readonly force: boolean
}

/**
 * Makes the symmetric key of a name, AES-256, where there is none that protects now: by whoever may let ROOT certify. What the ones before
 * have encrypted still opens.
 *
 * @throws MORTISE_KEYMANAGER_APPLICATION, MORTISE_KEYMANAGER_REFERENCE, MORTISE_KEYMANAGER_KEY_EXISTS for a name of a pair
 */
export const createKeymanagerSecret: ObjectOperation<
  KeymanagerServices,
  CreateKeymanagerSecretInput,
  { readonly object: string; readonly made: boolean }
> = {
  name: 'CreateKeymanagerSecret',
  permission: 'Certify',
  durability: 'synced',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare(services, _actor, { application, reference, force }, root) {
    const name = { application, reference }
    checkKeyName(name)
    if (layerOf(name) !== 'base')
      throw new MortiseError('MORTISE_KEYMANAGER_REFERENCE', 'a symmetric key has a reference of its own')
    await services.keymanagerPolicies.of(name)
    if ((await services.rings.read(name)).versions.length > 0)
      throw new MortiseError('MORTISE_KEYMANAGER_KEY_EXISTS')
    const named = await services.store.objectNamed(domain, objectName('secret', name))
    const before = named && (await services.objects.find({ object: named.id }))
    const now = services.clock.now()
    if (before && !force && isCurrent(before, now)) return { answer: { object: before.id, made: false } }
    const { rows, row, mark } = await made(services, { name, root, before, until: now + validDays * day })
    const grants = before ? [] : await services.grants.read(root.family)
    return {
      answer: { object: row.id, made: true },
      rows: {
        objects: rows.map((one) => ({ row: one })),
        grants: grants.map(({ granteeKind, grantee, permissions }) => ({
          row: services.barrier.authenticateGrant({
            ...{ object: row.family, granteeKind, grantee, permissions, version: 1 },
          }),
        })),
      },
      object: row.id,
      detail: { ...name, keyVersion: row.serial, ...mark },
      abandon: undone(services.provider(row.provider), [row]),
    }
  },
}

function isCurrent({ state, values }: ManagedObject, now: number): boolean {
  return state === 'Active' && now < (values.protectStop ?? Number.POSITIVE_INFINITY)
}

interface Wanted {
  readonly name: KeyName
  readonly root: ManagedObject
  readonly before: ManagedObject | undefined
  /** Milliseconds since 1970. */
  readonly until: number
}

async function made(
  services: KeymanagerServices,
  { name, root, before, until }: Wanted,
): Promise<{ rows: readonly ObjectRow[]; row: ObjectRow; mark: ReturnType<typeof judge> }> {
  const usage: readonly Usage[] = ['Encrypt', 'Decrypt']
  const aes = keySpec('AES', bits)
  const spec = { ...aes, algorithm: { ...aes.algorithm, usages: { SymmetricKey: usage } } }
  const mark = judge(services, 'protect', spec)
  if (before) {
    const { row } = await nextSecret(services, before, {
      ...{ spec, offset: 0, dates: {}, values: { protectStop: until } },
    })
    return { rows: [replacedRow(services, before, row.id), row], row, mark }
  }
  const provider = services.provider(services.keyProvider)
  const identity = { id: newId(), type: 'SymmetricKey', serial: 1 } as const
  const called = objectName('secret', name)
  const material = await provider.generateSecret(spec, identity, {
    ...{ name: called, usage, extractable: false, sensitive: true },
  })
  const row = newRow(
    services,
    {
      ...{ ...identity, spec, material, provider: provider.name, owner: { id: root.owner } },
      ...{ purpose: 'keymanager', values: { protectStop: until } },
    },
    { name: called, usage },
  )
  return { rows: [row], row, mark }
}
