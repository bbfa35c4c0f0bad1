/** Whoever gives out tokens, at the paths of a realm as Keycloak has them and at those that WSO2's identity server has. */
export interface Issuer {
  readonly realm: string
  /** `/realms/mortise`. */
  readonly path: string
  /** Where clients reach this server. */
  origin(): string
  /** `iss`: the origin and the path. */
  url(): string
}

/** @param origin where clients reach this server: asked for late, since a server may find its port when it listens */
export function issuerOf(realm: string, origin: () => string): Issuer {
  const path = `/realms/${realm}`
  return { realm, path, origin, url: () => `${origin()}${path}` }
}

/** Where each endpoint is: what metadata names first, behind the issuer's path, then where else it is. */
export const places = {
  token: ['/protocol/openid-connect/token', '/oauth2/token'],
  keys: ['/protocol/openid-connect/certs', '/oauth2/jwks'],
  introspection: [
    '/protocol/openid-connect/token/introspect',
    '/oauth2/introspect',
    '/oauth2/tokeninfo',
    '/tokeninfo',
  ],
  revocation: ['/protocol/openid-connect/revoke', '/oauth2/revoke'],
} as const satisfies Readonly<Record<string, readonly [string, ...string[]]>>

/** Where clients are registered: as Keycloak has it, and WSO2's identity server twice. */
export function registries({ path }: Issuer): readonly [string, ...string[]] {
  return [
    `${path}/clients-registrations/openid-connect`,
    '/oauth2/register',
    '/keymanager-operations/dcr/register',
  ]
}

/** The paths of an endpoint, each with what its route says of itself: the first alone is in the documentation. */
export function placesOf({ path }: Issuer, endpoint: keyof typeof places) {
  const [first, ...others] = places[endpoint]
  return [{ url: `${path}${first}`, hide: false }, ...others.map((url) => ({ url, hide: true }))]
}
