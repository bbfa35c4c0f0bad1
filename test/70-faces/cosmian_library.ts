import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packageRoot } from '../support/package_root.js'

/** Fetched by the test command (tools/tests.mjs): for its licence it is no dependency. */
const folder = join(packageRoot, '.cache/cloudproof_kms_js-4.0.0')

interface KeyObject {
  readonly type: string
  readonly value: { bytes(): Uint8Array; readonly certificateValue: Uint8Array }
}

interface Sealed {
  readonly data: Uint8Array
  readonly ivCounterNonce: Uint8Array
  readonly authenticatedEncryptionTag: Uint8Array
}

interface CipherOptions extends Partial<Omit<Sealed, 'data'>> {
  readonly authenticatedEncryptionAdditionalData?: Uint8Array
}

export interface Client {
  up(): Promise<boolean>
  createSymmetricKey(algorithm?: number, bits?: number, links?: object[], tags?: string[]): Promise<string>
  importSymmetricKey(id: string, bytes: Uint8Array, replace?: boolean): Promise<string>
  importCertificate(id: string, der: Uint8Array, tags: string[]): Promise<string>
  importPrivateKey(
    id: string,
    der: Uint8Array,
    tags: string[],
    replace: boolean,
    options: object,
  ): Promise<string>
  retrieveSymmetricKey(id: string): Promise<KeyObject['value']>
  getObject(id: string, options?: object): Promise<KeyObject>
  getObjectsByTags(tags: string[]): Promise<KeyObject[]>
  getUniqueIdentifiersByTags(tags: string[]): Promise<string[]>
  encrypt(id: string, data: Uint8Array, options: CipherOptions): Promise<Sealed>
  decrypt(id: string, data: Uint8Array, options: CipherOptions): Promise<Uint8Array>
  revokeSymmetricKey(id: string, reason: string): Promise<void>
  destroySymmetricKey(id: string): Promise<void>
  grantAccess(id: string, user: string, operations: string[]): Promise<Response>
  revokeAccess(id: string, user: string, operations: string[]): Promise<Response>
  listAccess(id: string): Promise<Response>
  listOwnedObjects(): Promise<Response>
  listObtainedObjects(): Promise<Response>
}

/** What the tests use of the library, whose own types TypeScript does not find. */
export interface Library {
  readonly KmsClient: new (url: string, token: string) => Client
  readonly EncryptionKeyInformation: new (id: string) => object
  readonly KeyWrappingSpecification: new (method: number, key: object) => object
  readonly KeyFormatType: Readonly<Record<'Raw' | 'PKCS8', number>>
  readonly WrappingMethod: Readonly<Record<'Encrypt', number>>
}

/** Cosmian's JavaScript client, where it could be had. */
export const library = existsSync(folder)
  ? (createRequire(join(folder, 'package.json'))('cloudproof_kms_js') as Library)
  : undefined
