import type { AssertionSettings } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import type { Settings } from './schema.js'

/** @throws MORTISE_CONFIG_INVALID */
export function oauthSettings({ oauth: { realm, url, backendJwt, claimDialect, wso2Compat } }: Settings): {
  readonly realm: string
  /** Undefined where clients reach the server as it listens. */
  readonly origin: string | undefined
  /** How backends are told who calls; null for not at all. */
  readonly assertion: AssertionSettings | null
} {
  if (!/^[\w-]{1,64}$/.test(realm))
    throw new MortiseError('MORTISE_CONFIG_INVALID', 'oauth.realm is made of letters, digits, - and _')
  // RFC 8414 section 2: an issuer has neither query nor fragment.
  if (url !== undefined && !/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*[^\s/?#])?$/.test(url))
    throw new MortiseError(
      'MORTISE_CONFIG_INVALID',
      'oauth.url is an address without a slash at the end, a query or a fragment: https://km.example.org',
    )
  return { realm, origin: url, assertion: backendJwt ? { dialect: claimDialect, wso2Compat } : null }
}
