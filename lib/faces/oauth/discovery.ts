import Type from 'typebox'
import { clientAuthentications, type KeyManager } from '../../core/index.js'
import type { App } from '../http/index.js'
import { type Issuer, places, placesOf, registries } from './issuer.js'

/** Seconds. Whoever meets a kid that it does not know asks again at once. */
const age = 300

const open = { tags: ['oauth'], security: [] }
const texts = Type.Array(Type.String())
const metadata = Type.Object({
  issuer: Type.String(),
  token_endpoint: Type.String(),
  jwks_uri: Type.String(),
  registration_endpoint: Type.String(),
  introspection_endpoint: Type.String(),
  introspection_endpoint_auth_methods_supported: texts,
  revocation_endpoint: Type.String(),
  revocation_endpoint_auth_methods_supported: texts,
  grant_types_supported: texts,
  token_endpoint_auth_methods_supported: texts,
  scopes_supported: texts,
  response_types_supported: texts,
  subject_types_supported: texts,
  id_token_signing_alg_values_supported: texts,
})

/** What everybody may know who meets a token: who issues it, and which keys verify it. */
export function discoveryRoutes(
  app: App,
  keyManager: KeyManager,
  issuer: Issuer,
  grants: readonly string[],
): void {
  for (const { url, hide } of placesOf(issuer, 'keys'))
    app.get(
      url,
      {
        schema: {
          ...open,
          hide,
          operationId: 'oauthKeys',
          summary: 'The public keys that access tokens are verified by (RFC 7517)',
          response: {
            200: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.String())) }),
          },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', `public, max-age=${age}`)
        return { keys: [...(await keyManager.tokenKeys())] }
      },
    )

  // OpenID Connect Discovery 1.0 section 4 puts it behind the issuer's path, RFC 8414 section 3.1 before it.
  for (const [place, operationId] of [
    [`${issuer.path}/.well-known/openid-configuration`, 'oauthDiscovery'],
    [`/.well-known/oauth-authorization-server${issuer.path}`, 'oauthMetadata'],
    // Where somebody looks who was told of the server alone.
    ['/.well-known/openid-configuration', undefined],
    ['/.well-known/oauth-authorization-server', undefined],
  ] as const) {
    app.get(
      place,
      {
        schema: {
          ...open,
          hide: operationId === undefined,
          ...(operationId && { operationId }),
          summary: 'Where to get tokens and keys (RFC 8414)',
          response: { 200: metadata },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', `public, max-age=${age}`)
        const url = issuer.url()
        return {
          issuer: url,
          token_endpoint: `${url}${places.token[0]}`,
          jwks_uri: `${url}${places.keys[0]}`,
          registration_endpoint: `${issuer.origin()}${registries(issuer)[0]}`,
          introspection_endpoint: `${url}${places.introspection[0]}`,
          introspection_endpoint_auth_methods_supported: [...clientAuthentications],
          revocation_endpoint: `${url}${places.revocation[0]}`,
          revocation_endpoint_auth_methods_supported: [...clientAuthentications],
          grant_types_supported: [...grants],
          token_endpoint_auth_methods_supported: [...clientAuthentications],
          scopes_supported: ['default'],
          response_types_supported: [],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
        }
      },
    )
  }
}
