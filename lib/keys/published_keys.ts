import type { VendorAttribute } from '../operation/index.js'
import { objectAt } from './dates.js'
import { domain } from './objects.js'
import type { KeyServices } from './services.js'
import { term } from './terms.js'

/** A public key for everybody. */
export interface PublishedKey {
  readonly id: string
  /** Of the vendor attribute. */
  readonly value: VendorAttribute['value']
  /** Its public members (RFC 7517). */
  readonly jwk: Readonly<Record<string, string>>
}

/** Active public keys that have a vendor attribute, oldest first. @throws MORTISE_BARRIER_INTEGRITY */
export async function publishedKeys(
  { store, objects, clock, provider }: KeyServices,
  { vendor, name, most }: { readonly vendor: string; readonly name: string; readonly most: number },
): Promise<PublishedKey[]> {
  const now = clock.now()
  const rows = await store.locate({
    domain,
    purpose: 'general',
    type: 'PublicKey',
    state: 'Active',
    now,
    terms: [term('vendor', vendor, name)],
    without: [term('storage', 'archived')],
    limit: most,
  })
  const published: PublishedKey[] = []
  for (const row of rows) {
    const object = objectAt(objects.open(row), now)
    // The index is not authenticated: what it says is believed only where the object says it too.
    const found = object.values.vendorAttributes?.find((one) => one.vendor === vendor && one.name === name)
    if (!found || object.state !== 'Active' || object.type !== 'PublicKey' || object.values.archived) continue
    const jwk = await provider(object.provider).open(object).export({ format: 'jwk' })
    published.push({ id: object.id, value: found.value, jwk: JSON.parse(jwk.toString()) })
  }
  return published
}
