import { randomInt } from 'node:crypto'
import { MortiseError } from '../../errors/index.js'
import {
  cacheName,
  createKeymanagerRandomKey,
  createKeymanagerSecret,
  importKeymanagerRandomKeys,
  type KeyName,
  keymanagerDecrypt,
  keymanagerEncrypt,
  keymanagerZkDecrypt,
  keymanagerZkEncrypt,
  objectName,
  type RandomKeyImport,
  randomKeyCount,
  reencryptKeymanagerRandomKey,
  type ZeroKnowledgeAnswer,
  type ZeroKnowledgeAttribute,
} from '../../keymanager/index.js'
import { domain } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { Services } from '../services.js'
import type { DueKeys, Runner } from './due_keys.js'

const thumbprintBytes = 32

/** The symmetric keys of MOSIP's Keymanager, and what is done with the random keys below one of them, for somebody. */
export class KeymanagerSecrets {
  readonly #services: Services
  readonly #session: Runner
  readonly #due: DueKeys

  /** @internal */
  constructor(services: Services, session: Runner, due: DueKeys) {
    this.#services = services
    this.#session = session
    this.#due = due
  }

  /**
   * Makes the symmetric key of a name where there is none that protects.
   *
   * @param force another one though there is one
   * @returns whether one was made
   */
  async make(name: KeyName, force = false): Promise<boolean> {
    const { privateKey } = await this.#due.root(createKeymanagerSecret)
    const { application, reference } = name
    const input = { root: privateKey ?? '', application, reference, force }
    return (await this.#session.run(createKeymanagerSecret, input)).made
  }

  /** @param partners who gets the random key */
  async encrypt(
    id: string,
    attributes: readonly ZeroKnowledgeAttribute[],
    partners: readonly KeyName[],
  ): Promise<ZeroKnowledgeAnswer & { readonly index: number }> {
    const object = await this.#cache(createKeymanagerRandomKey)
    const index = randomInt(randomKeyCount)
    const wanted = { use: 'Encrypt', operation: keymanagerEncrypt } as const
    const to = await Promise.all(partners.map((name) => this.#due.current(name, wanted)))
    if (!(await this.#services.randomKeys.has(index)))
      await this.#session.run(createKeymanagerRandomKey, { object, index })
    const answer = await this.#session.run(keymanagerZkEncrypt, {
      ...{ object, index, id, attributes },
      partners: to.map(({ publicKey, x509 }) => ({ publicKey, x509 })),
    })
    return { ...answer, index }
  }

  /** @throws MORTISE_CRYPTO_DECRYPTION_FAILED */
  async decrypt(
    id: string,
    attributes: readonly ZeroKnowledgeAttribute[],
  ): Promise<readonly ZeroKnowledgeAttribute[]> {
    const object = await this.#cache(keymanagerZkDecrypt)
    return this.#session.run(keymanagerZkDecrypt, { object, id, attributes })
  }

  /**
   * Encrypts a random key, which is encrypted to each of some keys, as random keys are kept here.
   *
   * @param encrypted SHA-256 of a certificate, then the key by RSA-OAEP: for several keys, of which one is of one of the names
   * @throws MORTISE_KEYMANAGER_ENVELOPE, MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  async reencrypt(encrypted: readonly Buffer[], names: readonly KeyName[]): Promise<Buffer> {
    const cache = await this.#cache(createKeymanagerRandomKey)
    const rings = await Promise.all(names.map((name) => this.#services.rings.get(name)))
    const versions = rings.flatMap((ring) => ring.versions)
    for (const one of encrypted) {
      const thumbprint = one.subarray(0, thumbprintBytes).toString('hex')
      const meant = versions.find(({ thumbprints }) => thumbprints.includes(thumbprint))
      if (!meant?.privateKey) continue
      const input = { object: meant.privateKey, cache, encrypted: one.subarray(thumbprintBytes) }
      return this.#session.run(reencryptKeymanagerRandomKey, input)
    }
    throw new MortiseError('MORTISE_KEYMANAGER_ENVELOPE', 'the random key is encrypted to no key of here', {
      details: { fault: 'unknown' },
    })
  }

  /** Takes in random keys that are encrypted to the key of a name. */
  async import(
    name: KeyName,
    keys: readonly { readonly index: number; readonly encrypted: Uint8Array }[],
  ): Promise<readonly RandomKeyImport[]> {
    const cache = await this.#cache(createKeymanagerRandomKey)
    const { privateKey } = await this.#due.current(name, { use: 'Decrypt', operation: keymanagerDecrypt })
    return this.#session.run(importKeymanagerRandomKeys, { object: privateKey ?? '', cache, keys })
  }

  /** Id of the newest key that random keys are kept under. */
  async #cache(operation: ObjectOperation<Services, never, unknown>): Promise<string> {
    const named = await this.#services.store.objectNamed(domain, objectName('secret', cacheName))
    return named?.id ?? this.#due.refuse(cacheName, { operation }, 'generate the symmetric key first')
  }
}
