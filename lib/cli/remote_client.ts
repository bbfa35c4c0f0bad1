import type { FileOpener, FileSealer, OwnAuthority } from '../core/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import type { Client } from './client.js'
import { AdminApi } from './http.js'
import { RemoteKeys } from './remote_keys.js'

/**
 * Works against a server. A sealed file takes one request for each of its chunks.
 *
 * @param root PEM of what the server's certificate may lead to, beside what Node trusts
 */
export function openRemoteClient(url: string, token: string, root?: string): Client {
  const api = new AdminApi(url, token, root)
  const keys = new RemoteKeys(api)
  return {
    keys,
    async fileSealer(key): Promise<FileSealer> {
      const { id, algorithm } = await keys.get(key)
      if (algorithm !== 'AES')
        throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', 'files are sealed with AES keys')
      // By its id: every chunk of the file is of the version that the header names.
      return { keyId: id, seal: (plaintext, aad) => keys.encrypt(id, plaintext, { aad }), close: nothing }
    },
    async fileOpener(keyId): Promise<FileOpener> {
      return { open: (record, aad) => keys.decrypt(keyId, record, { aad }), close: nothing }
    },
    backup: (input) => api.stream('/backup', input),
    ownAuthority: () => ownAuthority(keys),
    close: nothing,
  }
}

async function ownAuthority(keys: RemoteKeys): Promise<OwnAuthority> {
  // Who asks for something else does not wait for a key manager.
  const { ownIssuingName, ownRootName } = await import('../core/index.js')
  try {
    return {
      root: await keys.getAuthority(ownRootName),
      issuing: await keys.getAuthority(ownIssuingName),
    }
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_KEY_NOT_FOUND')) throw error
    throw new MortiseError(
      'MORTISE_CA_NOT_FOUND',
      'the server has no built-in authority, or you may not see it: `mortise tls init` on its data directory makes it',
    )
  }
}

async function nothing(): Promise<void> {
  // Every request stands for itself.
}
