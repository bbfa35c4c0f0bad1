import type { KeyAddress } from './pkcs11_uri.js'
import type { KeyProvider } from './provider.js'

/** Those of some tokens that an address may mean. */
export async function tokensMeant<Provider extends KeyProvider>(
  tokens: readonly Provider[],
  { token, named, slot }: Pick<KeyAddress, 'token' | 'named' | 'slot'>,
): Promise<Provider[]> {
  const meant: Provider[] = []
  for (const provider of tokens) {
    if (named !== undefined && named !== provider.name && tokens.length > 1) continue
    if (await provider.isToken({ ...token, ...(slot !== undefined && { slot }) })) meant.push(provider)
  }
  return meant
}
