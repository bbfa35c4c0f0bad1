/** As much of oidc-provider, which comes without types, as the tests use. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  interface Context {
    readonly oidc: { readonly client: object; readonly params: Readonly<Record<string, string | undefined>> }
    body: unknown
  }

  interface Token {
    resourceServer: object
    save(): Promise<string>
  }

  interface IdToken {
    set(claim: string, value: unknown): void
    issue(options: { readonly use: 'idtoken' }): Promise<string>
  }

  export default class Provider {
    constructor(issuer: string, configuration: object)
    readonly AccessToken: new (
      fields: object,
    ) => Token
    readonly IdToken: new (
      claims: object,
      options: { readonly ctx: Context },
    ) => IdToken
    readonly ResourceServer: new (
      identifier: string,
      fields: object,
    ) => object
    registerGrantType(
      name: string,
      handler: (ctx: Context) => Promise<void>,
      parameters: readonly string[],
    ): void
    callback(): RequestListener
  }
}
