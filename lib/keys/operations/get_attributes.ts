import { type ManagedObject, type ObjectOperation, states } from '../../operation/index.js'
import { type AttributeName, type AttributeValues, attributesOf } from '../attributes/index.js'
import { keyDigest } from '../key_digest.js'
import type { KeyServices } from '../services.js'

export interface GetAttributesInput {
  /** Id or name. */
  readonly object: string
  /** Which ones. Default: all that the object has. */
  readonly names?: readonly AttributeName[]
}

export interface AttributesAnswer {
  readonly id: string
  /** Those that the object has; a list of instances where there may be several. */
  readonly attributes: AttributeValues
  /** What is left of the usage limits, where they are among them. */
  readonly usageLeft?: number
}

/** The attributes of an object (KMIP 2.1 section 6.1.20). */
export const getAttributes: ObjectOperation<KeyServices, GetAttributesInput, AttributesAnswer> = {
  name: 'GetAttributes',
  permission: 'GetAttributes',
  durability: 'written',
  states,
  purposes: ['general', 'keymanager'],
  archived: true,
  whileDoomed: true,
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    const attributes = await withDigest(services, object, input.names, attributesOf(object, input.names))
    const limits = attributes.UsageLimits && object.values.usageLimits
    if (!limits) return { answer: { id: object.id, attributes } }
    const usageLeft = Math.max(limits.total - (await services.usage.protected(object)), 0)
    return { answer: { id: object.id, attributes, usageLeft } }
  },
}

/** The digest of a key is made when it is asked for: who reads the database learns nothing of keys by it. */
async function withDigest(
  services: KeyServices,
  object: ManagedObject,
  names: readonly AttributeName[] | undefined,
  attributes: AttributeValues,
): Promise<AttributeValues> {
  if (names !== undefined && !names.includes('Digest')) return attributes
  const digest = await keyDigest(services, object)
  return digest ? { ...attributes, Digest: { hashingAlgorithm: 'SHA_256', ...digest } } : attributes
}
