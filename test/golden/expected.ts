import type { Signer } from '../support/keyservice.js'

/** What is in the files of one generation: expected.json. */
export interface Expected {
  /** Milliseconds since 1970: the time at which it is read, too. */
  readonly made: number
  readonly passphrase: string
  readonly password: string
  readonly token: string
  readonly plaintext: string
  readonly aad: string
  /** NAME.bin of what was sealed under a key of the store. */
  readonly files: readonly {
    readonly file: string
    readonly key: string
    readonly format?: 'gcm' | 'hybrid'
  }[]
  /** Every object of the store. */
  readonly keys: readonly {
    readonly id: string
    readonly name: string | null
    readonly state: string
    readonly keyVersion: number
    readonly mac?: string
    readonly material?: string
  }[]
  /** Of the authorities; missing in generations that have none. */
  readonly authorities?: {
    /** Id of what the authority `issuing` has issued and revoked. */
    readonly revoked: string
    /** Id of a certificate that is valid. */
    readonly valid: string
    readonly serial: string
  }
  /** Of the OAuth client `robot`; missing in generations that have none. */
  readonly client?: {
    /** The newest first; the other one overlaps for a minute. */
    readonly secrets: readonly [string, string]
    /** An access token that it has got with the older one, signed by a key that was renewed since. */
    readonly token: string
    /** A client that was registered as gateways do it, with an opaque token; missing in generations that have none. */
    readonly gateway?: {
      readonly secret: string
      readonly registrationToken: string
      readonly token: string
      /** Of ann. */
      readonly refreshToken: string
    }
  }
  /** Of the store; missing in generations that have none. */
  readonly name?: string
  /** What a face keeps as `golden/setting`. */
  readonly setting?: string
  /** Of the keyservice; missing in generations that have none. */
  readonly keyservice?: {
    readonly service: Signer
    readonly client: Signer
    /** That nobody has connected. */
    readonly initToken: string
    readonly user: string
    /** In two versions. */
    readonly kept: readonly [first: string, second: string]
  }
  /** Whether gateways are told of the API `golden`, to which an application with the client `gateway` has subscribed. */
  readonly sold?: true
  /** What was encrypted to the key GOLDEN/BASE; missing in generations that have no keys of applications. */
  readonly applications?: { readonly sealed: string }
  /** What MOSIP’s Keymanager keeps besides; missing in generations that have none of it. */
  readonly keymanager?: {
    /** Id of a partner’s certificate. */
    readonly partner: string
    /** What was encrypted for the identity `golden`, base64. */
    readonly attribute: string
    /** Key of a licence of `golden`. */
    readonly license: string
  }
  /** Id of the backup; missing in generations that have none. */
  readonly backup?: string
  /** Of carol, who has logged in; missing in generations that have no logins. */
  readonly people?: {
    readonly token: string
    readonly refreshToken: string
    /** What her authenticator app was told. */
    readonly app: string
    /** A recovery code that was not used. */
    readonly recovery: string
  }
}
