/** Whoever gives out tokens, at the paths of a realm as Keycloak has them. */
export interface Issuer {
  /** `/realms/mortise`. */
  readonly path: string
  /** `iss`: where clients reach this server, and the path. */
  url(): string
}

/** @param origin where clients reach this server: asked for late, since a server may find its port when it listens */
export function issuerOf(realm: string, origin: () => string): Issuer {
  const path = `/realms/${realm}`
  return { path, url: () => `${origin()}${path}` }
}
