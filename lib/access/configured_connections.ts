import { isMortiseError, MortiseError } from '../errors/index.js'
import { checkedSettings } from './connection_settings.js'
import type { Connection } from './connections.js'

/** An issuer of JWTs that the configuration trusts, where only its tokens and none of its own settings matter. */
export interface TrustedIssuer {
  /** What the claim `iss` must be to the letter: https, or http on this machine. */
  readonly issuer: string
  /** Where its keys are. Default null: where discovery says. */
  readonly jwks?: string | null
  /** Of which the claim `aud` must have one. Default none: every token of the issuer is taken, whoever it is for. */
  readonly audiences?: readonly string[]
}

/**
 * The connections of issuers that the configuration names. They are called what their issuer is, which no connection of the
 * store can be: whoever is linked to one never meets another issuer. Principals are told apart by their e-mail addresses, and
 * registered when they come first.
 *
 * @throws MORTISE_CONFIG_INVALID
 */
export function configuredConnections(issuers: readonly TrustedIssuer[]): Connection<'oidc'>[] {
  const connections = issuers.map(connectionOf)
  const names = connections.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return connections
  throw new MortiseError(
    'MORTISE_CONFIG_INVALID',
    `the issuer ${twice} is configured twice: give all of its audiences at once`,
  )
}

function connectionOf({ issuer, jwks = null, audiences = [] }: TrustedIssuer): Connection<'oidc'> {
  try {
    const given = { issuer, jwks, audiences, subjectClaim: 'email', usernameClaim: 'email' }
    return {
      name: issuer,
      kind: 'oidc',
      origin: 'configuration',
      description: '',
      enabled: true,
      registers: true,
      groups: {},
      settings: checkedSettings('oidc', given),
      created: 0,
      updated: 0,
    }
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_INPUT_INVALID')) throw error
    throw new MortiseError('MORTISE_CONFIG_INVALID', `the issuer ${JSON.stringify(issuer)}: ${error.message}`)
  }
}
