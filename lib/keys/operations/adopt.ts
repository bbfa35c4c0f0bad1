import { MortiseError } from '../../errors/index.js'
import {
  type ExistingKey,
  isKeyAddress,
  type KeyAddress,
  type KeyProvider,
  parseKeyAddress,
} from '../../hsm/index.js'
import type { ObjectRow, Principal, SystemOperation, Usage } from '../../operation/index.js'
import { adoptedId } from '../addresses.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { type NewKeyAttributes, newRow, traitsOf } from '../make.js'
import { managed } from '../row.js'
import type { KeyServices } from '../services.js'

export interface AdoptInput extends Omit<NewKeyAttributes, 'extractable' | 'provider' | 'sensitive'> {
  /** Where it is: a pkcs11: URI (RFC 7512) with its id or object, or `hsm::MODEL::SLOT::LABEL`. */
  readonly key: string
  /** Name of the public key that is adopted with a private one. */
  readonly publicName?: string
  /** What a key for MACs is bound to. Default HMAC-SHA-256; of others it is checked. */
  readonly algorithm?: string
}

/**
 * Takes a key that is on a token already under management, with its public key where it has one. It stays what it is, and where it is;
 * destroying the object destroys it.
 *
 * @throws MORTISE_KEY_PURPOSE for the key that wraps the root key, MORTISE_HSM_KEY_NOT_FOUND, MORTISE_HSM_KEY_EXISTS for one that is managed already, MORTISE_INPUT_INVALID for an address of several
 */
export const adopt: SystemOperation<KeyServices, AdoptInput, readonly ObjectInfo[]> = {
  name: 'Adopt',
  permission: 'BarrierManage',
  durability: 'synced',
  independent: true,
  async prepare(services, actor, input) {
    if (!isKeyAddress(input.key))
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'the key is named by a pkcs11: URI, or hsm::MODEL::SLOT::LABEL',
      )
    const address = parseKeyAddress(input.key)
    const { provider, keys } = await keyMeant(services, address, input.algorithm)
    const [key, publicKey] = keys
    for (const { facts } of keys)
      if (await services.addresses.objectOf(provider, facts.kind, facts.id))
        throw new MortiseError('MORTISE_HSM_KEY_EXISTS', 'the key of the token is managed already')
    if (await services.barrier.wrappings.isWrapper(key.facts))
      throw new MortiseError(
        'MORTISE_KEY_PURPOSE',
        'this key wraps the root key of the store, and is for nothing else',
      )
    const mark = judge(services, 'process', key.import().spec)
    const { publicName, name: _, ...rest } = input
    const rows = [
      adoptedRow(services, actor, provider, key, publicKey, input),
      ...(publicKey
        ? [
            adoptedRow(services, actor, provider, publicKey, key, {
              ...rest,
              ...(publicName !== undefined && { name: publicName }),
            }),
          ]
        : []),
    ] as const
    const [row] = rows
    return {
      answer: rows.map((one) => objectInfo(managed(one))),
      rows: { objects: rows.map((one) => ({ row: one })) },
      object: row.id,
      detail: {
        token: provider.name,
        algorithm: row.algorithm,
        length: row.length,
        ...(rows[1] && { publicKey: rows[1].id }),
        ...mark,
      },
    }
  },
}

/** The one key that is meant, and the other half of its pair. */
async function keyMeant(
  services: KeyServices,
  address: KeyAddress,
  algorithm: string | undefined,
): Promise<{ readonly provider: KeyProvider; readonly keys: readonly [ExistingKey, ...ExistingKey[]] }> {
  const { id, label, kind } = address
  const asked = { ...(id && { id }), ...(label !== undefined && { label }), limit: 16 }
  for (const provider of await services.addresses.providers(address)) {
    const there = await provider.find({ ...asked, ...(algorithm !== undefined && { algorithm }) })
    const meant = there.filter(({ facts }) => (kind ? facts.kind === kind : facts.kind !== 'public'))
    const [key] = meant.length > 0 || kind ? meant : there
    if (!key) continue
    if (meant.length > 1)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'the address is of several keys: name one by its id')
    if (key.facts.kind !== 'private') return { provider, keys: [key] }
    const [other] = await provider.find({ id: key.facts.id, kind: 'public', limit: 1 })
    return { provider, keys: other ? [key, other] : [key] }
  }
  throw new MortiseError('MORTISE_HSM_KEY_NOT_FOUND')
}

function adoptedRow(
  services: KeyServices,
  owner: Pick<Principal, 'id'>,
  provider: KeyProvider,
  key: ExistingKey,
  other: ExistingKey | undefined,
  attributes: Omit<AdoptInput, 'key'>,
): ObjectRow {
  const { material, type, spec, publicKey } = key.import()
  const link = other && adoptedId(provider.name, other.facts.kind, other.facts.id)
  return newRow(
    services,
    {
      id: adoptedId(provider.name, key.facts.kind, key.facts.id),
      ...{ type, spec, material, provider: provider.name, owner, publicKey },
      ...(link !== undefined && { links: type === 'PublicKey' ? { privateKey: link } : { publicKey: link } }),
    },
    { ...attributes, usage: attributes.usage ?? usagesThat(key, traitsOf(type, spec, {}).usage) },
  )
}

/** Of the usual usages those that the token lets the key have. */
function usagesThat({ facts: { usages } }: ExistingKey, usual: readonly Usage[]): readonly Usage[] {
  const needs: Partial<Record<Usage, (typeof usages)[number]>> = {
    Sign: 'sign',
    Encrypt: 'encrypt',
    Decrypt: 'decrypt',
    WrapKey: 'wrap',
    UnwrapKey: 'unwrap',
    MACGenerate: 'sign',
    MACVerify: 'sign',
    KeyAgreement: 'derive',
    DeriveKey: 'derive',
  }
  return usual.filter((usage) => {
    const needed = needs[usage]
    return needed === undefined || usages.includes(needed)
  })
}
