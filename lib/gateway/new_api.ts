import { type AccessServices, type NewOAuthScope, newOAuthScope, type OAuthScope } from '../access/index.js'
import type { RecordWrite } from '../operation/index.js'
import { checkedAll, checkedKey, checkedLabel, invalid, oneOf, unlimited } from './checks.js'
import { type Api, authTypes, type UrlMapping } from './entities.js'

const mostScopes = 100
const mostResources = 1000
/** Of WSO2's versions of an API that is its default one. */
const defaultVersion = '_default_'

export interface NewUrlMapping extends Pick<UrlMapping, 'urlPattern' | 'httpMethod'> {
  /** One of {@link authTypes}; `Application_User` as well. Default Any. */
  readonly authScheme?: string
  /** Default Unlimited. */
  readonly throttlingPolicy?: string
  /** Default none. */
  readonly scopes?: readonly string[]
}

export interface NewApi extends Pick<Api, 'name' | 'version' | 'context'> {
  /** Default a new UUID. */
  readonly uuid?: string
  /** Default admin. */
  readonly provider?: string
  /** Name of an API policy. Default Unlimited. */
  readonly policy?: string
  /** Default HTTP. */
  readonly apiType?: string
  /** Default PUBLISHED. */
  readonly status?: string
  /** Default false. */
  readonly isDefaultVersion?: boolean
  /** Names of scopes that there are, or such as are made for this API alone and go with it. At most 100. Default none. */
  readonly scopes?: readonly (string | NewOAuthScope)[]
  /** At most 1,000. Default none. */
  readonly urlMappings?: readonly NewUrlMapping[]
}

/** A version as its API has it. */
export function plainVersion(version: string): string {
  return version.startsWith(defaultVersion) ? version.slice(defaultVersion.length) : version
}

/** @throws MORTISE_INPUT_INVALID */
export function newApi(uuid: string, apiId: number, input: NewApi): Api {
  const { name, provider = 'admin', policy = unlimited, apiType = 'HTTP', status = 'PUBLISHED' } = input
  const { isDefaultVersion = false, scopes = [], urlMappings = [] } = input
  if (!/^\/[!-~]{1,254}$/.test(input.context) || input.context.endsWith('/'))
    throw invalid('the context of an API begins with a slash and ends with none: /pizza')
  const mappings = checkedAll('resources of an API', urlMappings, mostResources, newUrlMapping)
  if (new Set(mappings.map(resourceKey)).size < mappings.length)
    throw invalid('an API has a template and a verb once')
  return {
    uuid: checkedKey('the id of an API', uuid),
    apiId,
    provider: checkedLabel('the provider of an API', provider),
    name: checkedLabel('the name of an API', name),
    version: checkedKey('the version of an API', plainVersion(input.version)),
    context: input.context,
    policy: checkedLabel('the policy of an API', policy),
    apiType: checkedLabel('the type of an API', apiType),
    status: checkedLabel('the status of an API', status),
    isDefaultVersion,
    scopes: [
      ...new Set(
        checkedAll('scopes of an API', scopes, mostScopes, (one) =>
          typeof one === 'string' ? one : one.name,
        ),
      ),
    ],
    urlMappings: mappings,
  }
}

function newUrlMapping(input: NewUrlMapping): UrlMapping {
  const { authScheme = 'Any', throttlingPolicy = unlimited, scopes = [] } = input
  const httpMethod = input.httpMethod.toUpperCase()
  if (!/^[A-Z]{1,32}$/.test(httpMethod)) throw invalid('a verb has 1 to 32 letters: GET')
  if (!/^\/[!-~]{0,1023}$/.test(input.urlPattern))
    throw invalid('a template begins with a slash: /order/{id}')
  return {
    urlPattern: input.urlPattern,
    httpMethod,
    authScheme: oneOf('an authType', authTypes, authScheme.replaceAll('_', ' ')),
    throttlingPolicy: checkedLabel('a policy', throttlingPolicy),
    scopes: [...new Set(checkedAll('scopes of a resource', scopes, mostScopes, (one) => one))],
  }
}

/** What tells resources of an API apart. */
export function resourceKey({
  urlPattern,
  httpMethod,
}: Pick<UrlMapping, 'urlPattern' | 'httpMethod'>): string {
  return `${urlPattern}:${httpMethod}`
}

/**
 * The rows of the scopes that are an API's own, for an API that has these and no others from now on. One that is there already stays
 * as it is registered.
 *
 * @throws MORTISE_INPUT_INVALID for a scope that there is none of
 */
export async function scopeRows(
  { registeredScopes }: Pick<AccessServices, 'registeredScopes'>,
  { uuid, scopes, urlMappings }: Api,
  given: NewApi['scopes'] = [],
): Promise<RecordWrite[]> {
  const made = new Map<string, OAuthScope>()
  for (const one of given)
    if (typeof one !== 'string' && !(await registeredScopes.get(one.name)))
      made.set(one.name, newOAuthScope(one, uuid))
  const asked = new Set([...scopes, ...urlMappings.flatMap((mapping) => mapping.scopes)])
  for (const name of asked)
    if (!made.has(name) && !(await registeredScopes.get(name)))
      throw invalid(`there is no scope ${JSON.stringify(name)}: register it first, or give it with the API`)
  const gone = (await registeredScopes.of(uuid)).filter(({ key }) => !asked.has(key))
  return [
    ...[...made.values()].map((scope) => registeredScopes.write(scope, 1)),
    ...gone.map((scope) => registeredScopes.remove(scope)),
  ]
}
