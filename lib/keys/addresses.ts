import { createHash } from 'node:crypto'
import { MortiseError } from '../errors/index.js'
import {
  isKeyAddress,
  type KeyAddress,
  type KeyProvider,
  parseKeyAddress,
  tokensMeant,
} from '../hsm/index.js'
import type { KeyKind } from '../native/index.js'
import type { ManagedObject } from '../operation/index.js'

const kinds: readonly KeyKind[] = ['secret', 'private', 'public']

/**
 * The id of the object of a key that was on its token before. It follows from what the token knows the key by, so that no key has two
 * objects: what one forbids the other would allow.
 */
export function adoptedId(provider: string, kind: KeyKind, id: Uint8Array): string {
  const digest = createHash('sha256')
    .update(`mortise adopted ${kind} key\0${provider}\0`)
    .update(id)
    .digest('hex')
  // A version-8 UUID (RFC 9562 section 5.8).
  const variant = ((Number.parseInt(digest[16] ?? '0', 16) & 3) | 8).toString(16)
  return uuidText(`${digest.slice(0, 12)}8${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`)
}

/** @param hex 32 digits */
function uuidText(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The objects of keys that are named by where they are on a token. */
export class Addresses {
  readonly #providers: readonly KeyProvider[]
  readonly #byId: (id: string) => Promise<ManagedObject | undefined>

  constructor(providers: readonly KeyProvider[], byId: (id: string) => Promise<ManagedObject | undefined>) {
    this.#providers = providers
    this.#byId = byId
  }

  /**
   * @returns undefined where no key, or none that is managed, is meant
   * @throws MORTISE_INPUT_INVALID for what is no address, or means several keys
   */
  async find(text: string): Promise<ManagedObject | undefined> {
    if (!isKeyAddress(text)) return undefined
    const address = parseKeyAddress(text)
    const found = new Map<string, ManagedObject>()
    for (const provider of await this.providers(address)) {
      for (const { id, kind } of await this.#keys(provider, address)) {
        const object = await this.objectOf(provider, kind, id)
        if (object) found.set(object.id, object)
      }
    }
    const objects = [...found.values()]
    // Both halves of a pair have one id and often one label: who names no type means the one that there is a secret of.
    const meant = objects.length > 1 ? objects.filter(({ type }) => type !== 'PublicKey') : objects
    if (meant.length > 1)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'the address is of several keys: name one by its id')
    return meant[0]
  }

  /** The tokens that an address may mean. */
  providers(address: KeyAddress): Promise<KeyProvider[]> {
    return tokensMeant(
      this.#providers.filter(({ external }) => external),
      address,
    )
  }

  /** The object of a key, whether it was made through Mortise or adopted. */
  async objectOf(provider: KeyProvider, kind: KeyKind, id: Uint8Array): Promise<ManagedObject | undefined> {
    const adopted = await this.#byId(adoptedId(provider.name, kind, id))
    if (adopted) return adopted
    if (id.length !== 16) return undefined
    const made = await this.#byId(uuidText(Buffer.from(id).toString('hex')))
    if (!made || made.provider !== provider.name) return undefined
    const other = kind === 'public' && made.type !== 'PublicKey' ? made.values.links?.publicKey : made.id
    return other === undefined ? undefined : this.#byId(other)
  }

  async #keys(
    provider: KeyProvider,
    { id, label, kind }: KeyAddress,
  ): Promise<readonly { readonly id: Uint8Array; readonly kind: KeyKind }[]> {
    // By its id it is known without the token.
    if (id !== undefined && label === undefined)
      return (kind ? [kind] : kinds).map((one) => ({ id, kind: one }))
    const query = {
      ...(id && { id }),
      ...(label !== undefined && { label }),
      ...(kind && { kind }),
      limit: 16,
    }
    return (await provider.find(query)).map(({ facts }) => facts)
  }
}
