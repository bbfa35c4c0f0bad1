import { createHash, randomBytes } from 'node:crypto'
import { MortiseError } from '../errors/index.js'
import type { KeyHandle, Pkcs11Key, Pkcs11KeyFacts, Pkcs11Token } from '../native/index.js'
import { tokensMeant } from './meant.js'
import type { Pkcs11Provider } from './pkcs11.js'
import { parseKeyAddress } from './pkcs11_uri.js'

/** An AES key on a token that wraps a root key, and nothing else. */
export interface TokenWrapper {
  /** Tells it from others: 32 hexadecimal digits. */
  readonly id: string
  wrap(key: KeyHandle, context: Uint8Array): Promise<Buffer>
  /** An HMAC key. @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Promise<KeyHandle>
}

/** Finds the key of an address. @param make whether to make one of the address's label where there is none */
export type FindWrapper = (address: string, make: boolean) => Promise<TokenWrapper>

/** Among the keys of tokens. */
export function wrappersOn(providers: readonly Pkcs11Provider[]): FindWrapper {
  return async (text, make) => {
    const address = parseKeyAddress(text)
    const { id, label } = address
    const meant = await tokensMeant(providers, address)
    const [provider] = meant
    if (!provider || meant.length > 1)
      throw new MortiseError(
        'MORTISE_CONFIG_INVALID',
        `the root key is on ${provider ? 'several' : 'none'} of the tokens that are configured: name one in its address`,
      )
    const token = await provider.connection.token()
    const keys = await token.find({
      ...(id && { id }),
      ...(label !== undefined && { label }),
      ...{ kind: 'secret', limit: 2 },
    })
    const facts = keys[0] ?? (make && label !== undefined ? await makeKey(token, id, label) : undefined)
    if (!facts || keys.length > 1)
      throw new MortiseError(
        'MORTISE_BARRIER_ROOT_KEY_MISSING',
        `the token ${provider.name} has ${facts ? 'several keys' : 'no key'} of the root key’s address: ${facts ? 'name it by its id' : 'give the right one'}`,
      )
    if (facts.type !== 'AES')
      throw new MortiseError('MORTISE_CONFIG_INVALID', 'the root key is wrapped by an AES key of the token')
    return new Wrapper(token, facts)
  }
}

/** What a root key is kept under that a key wraps. */
export function wrapperId({ id, checkValue }: Pick<Pkcs11KeyFacts, 'id' | 'checkValue'>): string {
  const digest = createHash('sha256').update('mortise root wrapper\0').update(id).update('\0')
  return digest
    .update(checkValue ?? Buffer.alloc(0))
    .digest('hex')
    .slice(0, 32)
}

class Wrapper implements TokenWrapper {
  readonly id: string
  readonly #token: Pkcs11Token
  readonly #key: Pkcs11Key

  constructor(token: Pkcs11Token, facts: Pkcs11KeyFacts) {
    this.#token = token
    this.#key = token.key(facts)
    this.id = wrapperId(facts)
  }

  wrap(key: KeyHandle, context: Uint8Array): Promise<Buffer> {
    return this.#token.sealSecret(this.#key, key, context)
  }

  unwrap(wrapped: Uint8Array, context: Uint8Array): Promise<KeyHandle> {
    return this.#token.openSecret(this.#key, wrapped, context, 'HMAC')
  }
}

function makeKey(token: Pkcs11Token, id: Uint8Array | undefined, label: string): Promise<Pkcs11KeyFacts> {
  return token.generateSecret('AES', 256, {
    id: id ?? randomBytes(16),
    label,
    usages: ['encrypt', 'decrypt'],
  })
}
