import {
  getApi,
  getApplication,
  getGatewayPolicy,
  getKeyMapping,
  getOAuthScope,
  getSubscription,
} from '../../lib/core/index.js'
import { isMortiseError, type KeyManager, type Session, verifyBackup } from '../../lib/index.js'
import { keyserviceOf } from '../support/keyservice.js'

/** Of the backups that are made under load. */
export const passphrase = 'a passphrase for tests'

/** Of SoftHSM, where that is installed. */
export const tokenName = 'crash'

export type Answer = string | number | boolean

interface Asked {
  readonly km: KeyManager
  /** The owner of every key. */
  readonly ann: Session
  readonly host: Session
}

/** What a store is asked about whatever is not the state of a key. What is not there answers false. */
const questions = {
  /** Whether everyone may do something with a key. */
  granted: async ({ ann }: Asked, key: string) => (await ann.grants(key)).length > 0,
  /** Whether a key is to be destroyed on a day. */
  doomed: async ({ ann }: Asked, key: string) => (await ann.get(key)).destroyAt !== null,
  archived: async ({ ann }: Asked, key: string) => (await ann.get(key)).archived !== null,
  comment: async ({ ann }: Asked, key: string) =>
    ((await ann.attributes(key, ['Comment'])).Comment as string | undefined) ?? false,
  /** Whether a key has usage limits of which something is left. */
  unspent: ({ ann }: Asked, key: string) =>
    found('MORTISE_KEY_USAGE_LIMIT', async () => (await ann.getUsageAllocation(key, 1)).count > 0),
  /** Whether a token has a key of an id. */
  onToken: async ({ host }: Asked, token: string, id: string) =>
    (await host.tokenKeys(token)).some((key) => key.id === id),
  rotated: async ({ ann }: Asked, key: string) => (await ann.getRotation(key)).policy !== null,
  /** Whether a principal is enabled. */
  enabled: async ({ host }: Asked, principal: string) => (await host.getPrincipal(principal)).enabled,
  /** The e-mail address of a principal. */
  email: async ({ host }: Asked, principal: string) =>
    found('MORTISE_PRINCIPAL_NOT_FOUND', async () => (await host.getUser(principal)).email ?? ''),
  /** Whether a connection registers people, as a text. */
  registers: async ({ host }: Asked, connection: string) =>
    found('MORTISE_CONNECTION_NOT_FOUND', async () =>
      String((await host.getConnection(connection)).registers),
    ),
  /** Whether a principal is somebody outside. */
  linked: async ({ host }: Asked, principal: string, subject: string) =>
    found('MORTISE_PRINCIPAL_NOT_FOUND', async () =>
      (await host.identities({ principal })).identities.some((identity) => identity.subject === subject),
    ),
  /** The length that a password policy asks for. */
  policy: ({ host }: Asked, policy: string) =>
    found(
      'MORTISE_PASSWORD_POLICY_NOT_FOUND',
      async () => (await host.getPasswordPolicy(policy)).minimumLength,
    ),
  /** Whether a token proves who somebody is. */
  token: ({ km }: Asked, token: string) => proves(km, { token }),
  /** Whether a client gets a token by a secret. */
  secret: async ({ km }: Asked, client: string, secret: string) =>
    found('MORTISE_AUTH_REQUIRED', async () => {
      const proof = { client, secret, method: 'client_secret_post' } as const
      await km.grantToken(
        proof,
        { grant: 'client_credentials', issuer: 'https://km.example.org' },
        { face: 'test', request: '1' },
      )
      return true
    }),
  password: ({ km }: Asked, name: string, password: string) => proves(km, { name, password }),
  /** The description of a group. */
  group: ({ host }: Asked, group: string) =>
    found('MORTISE_GROUP_NOT_FOUND', async () => (await host.getGroup(group)).description),
  member: async ({ host }: Asked, group: string, principal: string) =>
    (await host.groupsOf(principal)).some(({ name }) => name === group),
  /** The description of a role. */
  role: ({ host }: Asked, role: string) =>
    found('MORTISE_ROLE_NOT_FOUND', async () => (await host.getRole(role)).description),
  /** The description of a scope of OAuth. */
  oauthScope: ({ host }: Asked, scope: string) =>
    found(
      'MORTISE_OAUTH_SCOPE_NOT_FOUND',
      async () => (await host.run(getOAuthScope, { scope })).description,
    ),
  /** The name of an API, an application or a policy, the kind of a key mapping and the state of a subscription, by their keys. */
  api: ({ host }: Asked, key: string) =>
    found('MORTISE_GATEWAY_NOT_FOUND', async () => (await host.run(getApi, { key })).name),
  application: ({ host }: Asked, key: string) =>
    found('MORTISE_GATEWAY_NOT_FOUND', async () => (await host.run(getApplication, { key })).name),
  gatewayPolicy: ({ host }: Asked, key: string) =>
    found('MORTISE_GATEWAY_NOT_FOUND', async () => (await host.run(getGatewayPolicy, { key })).name),
  keyMapping: ({ host }: Asked, key: string) =>
    found('MORTISE_GATEWAY_NOT_FOUND', async () => (await host.run(getKeyMapping, { key })).keyType),
  subscription: ({ host }: Asked, key: string) =>
    found(
      'MORTISE_GATEWAY_NOT_FOUND',
      async () => (await host.run(getSubscription, { key })).subscriptionState,
    ),
  /** Whether a principal has been granted something on a scope. */
  scope: async ({ host }: Asked, principal: string) =>
    (await host.scopedGrants({ grantee: { principal } })).grants.length > 0,
  /** How many second factors somebody has, and how many recovery codes are left. */
  factors: async ({ host }: Asked, principal: string) => (await host.factors(principal)).factors.length,
  codes: async ({ host }: Asked, principal: string) => (await host.factors(principal)).recoveryCodes,
  /** Whether there is a policy of second factors. */
  factorPolicy: async ({ host }: Asked, policy: string) =>
    (await host.factorPolicies()).some(({ name }) => name === policy),
  /** The group that approves what there is a quorum policy on. */
  quorum: async ({ host }: Asked) => (await host.quorumPolicies())[0]?.groupName ?? false,
  /** How many have approved a request that is pending. */
  request: async ({ host }: Asked, request: string) =>
    (await host.quorumRequests({ limit: 1000 })).requests.find(({ id }) => id === request)?.approvals
      .length ?? false,
  /** The state of an authority. */
  authority: ({ host }: Asked, authority: string) =>
    found('MORTISE_KEY_NOT_FOUND', async () => (await host.getAuthority(authority)).state),
  /** Whether an authority has made a CRL. */
  crl: ({ host }: Asked, authority: string) =>
    found('MORTISE_CA_STATE', async () => (await host.crl(authority)).number > 0),
  /** The state of a certificate. */
  certificate: ({ host }: Asked, authority: string, certificate: string) =>
    found('MORTISE_KEY_NOT_FOUND', () =>
      found(
        'MORTISE_CERTIFICATE_NOT_FOUND',
        async () => (await host.getCertificate(authority, certificate)).state,
      ),
    ),
  /** The days of a certificate profile. */
  profile: async ({ host }: Asked, profile: string) =>
    (await host.certificateProfiles()).find(({ name }) => name === profile)?.days ?? false,
  /** What a client of the keyservice gets. */
  kept: async ({ km }: Asked, keyId: string, secret: string) => {
    const keyservice = await keyserviceOf(km)
    return found('MORTISE_AUTH_REQUIRED', () =>
      found('MORTISE_KEY_NOT_FOUND', () => keyservice.get({ keyId, secret })),
    )
  },
  /** Whether a file is a backup that can be restored. */
  backup: async (_: Asked, file: string) => (await verifyBackup(file, passphrase)).auditProblems === 0,
} as const

export type Question = readonly [what: keyof typeof questions, ...about: string[]]

export async function ask(km: KeyManager, [what, ...about]: Question): Promise<Answer> {
  const asked = { km, ann: await km.as('ann'), host: km.asHost() }
  return (questions[what] as (asked: Asked, ...about: string[]) => Promise<Answer>)(asked, ...about)
}

function proves(km: KeyManager, credentials: Parameters<KeyManager['authenticate']>[0]): Promise<boolean> {
  return found('MORTISE_AUTH_REQUIRED', async () => {
    await km.authenticate(credentials, { face: 'test', request: 'one' })
    return true
  })
}

/** False where an error says that it is not there. */
async function found<T>(
  missing: Parameters<typeof isMortiseError>[1],
  work: () => Promise<T>,
): Promise<T | false> {
  try {
    return await work()
  } catch (error) {
    if (isMortiseError(error, missing)) return false
    throw error
  }
}
