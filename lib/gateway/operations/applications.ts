import type { AuditDetail, SystemOperation } from '../../operation/index.js'
import { checkedAll, checkedKey, checkedLabel, unlimited } from '../checks.js'
import type { Application } from '../entities.js'
import type { GatewayServices } from '../services.js'
import { type Keyed, listing, reading } from './reading.js'

const mostGroups = 100
const mostAttributes = 100

export interface NewApplication extends Pick<Application, 'name' | 'subName'> {
  /** Default a new UUID. */
  readonly uuid?: string
  /** Default 0. */
  readonly subId?: number
  /** Name of an application policy. Default Unlimited. */
  readonly policy?: string
  /** Default JWT. */
  readonly tokenType?: string
  /** Default none. */
  readonly groupIds?: readonly string[]
  /** Default none. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** Adds an application of a subscriber. @throws MORTISE_GATEWAY_EXISTS, MORTISE_INPUT_INVALID */
export const addApplication: SystemOperation<GatewayServices, NewApplication, Application> = {
  name: 'AddApplication',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways }, _actor, input) {
    const { number, row } = await gateways.newNumber()
    const application = newApplication(checkedKey('the id of an application', input.uuid), number, input)
    const records = [row, ...(await gateways.applications.add(application))]
    return { answer: application, rows: { records }, detail: applicationDetail(application) }
  },
}

/**
 * Puts an application in the place of the one of this id: what is not given has its default.
 *
 * @throws MORTISE_GATEWAY_NOT_FOUND, MORTISE_GATEWAY_EXISTS, MORTISE_INPUT_INVALID
 */
export const setApplication: SystemOperation<
  GatewayServices,
  Omit<NewApplication, 'uuid'> & Keyed,
  Application
> = {
  name: 'SetApplication',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways: { applications } }, _actor, { key, ...input }) {
    const before = await applications.read(key)
    const application = newApplication(key, before.value.id, input)
    const records = await applications.change(before, application)
    return { answer: application, rows: { records }, detail: applicationDetail(application) }
  },
}

/** Removes an application with its key mappings and subscriptions. @throws MORTISE_GATEWAY_NOT_FOUND */
export const removeApplication: SystemOperation<GatewayServices, Keyed, Application> = {
  name: 'RemoveApplication',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways: { applications, keyMappings, subscriptions } }, _actor, { key }) {
    const before = await applications.read(key)
    const records = [
      ...applications.remove(before),
      ...(await keyMappings.removeAll('application', key)),
      ...(await subscriptions.removeAll('application', key)),
    ]
    return { answer: before.value, rows: { records }, detail: applicationDetail(before.value) }
  },
}

export const getApplication = reading('GetApplication', ({ applications }) => applications)
export const listApplications = listing('ListApplications', ({ applications }) => applications)

function newApplication(uuid: string, id: number, input: NewApplication): Application {
  const { name, subName, subId = 0, policy = unlimited, tokenType = 'JWT' } = input
  const { groupIds = [], attributes = {} } = input
  const pairs = checkedAll(
    'attributes of an application',
    Object.entries(attributes),
    mostAttributes,
    ([key, value]) => [checkedLabel('an attribute', key), checkedLabel('an attribute', value)] as const,
  )
  return {
    id,
    uuid,
    name: checkedLabel('the name of an application', name),
    subId,
    subName: checkedLabel('the subscriber of an application', subName),
    policy: checkedLabel('the policy of an application', policy),
    tokenType: checkedLabel('the token type of an application', tokenType),
    groupIds: checkedAll('groups of an application', groupIds, mostGroups, (one) =>
      checkedLabel('a group', one),
    ),
    attributes: Object.fromEntries(pairs),
  }
}

function applicationDetail({ uuid, name, subName }: Application): AuditDetail {
  return { application: uuid, name, subscriber: subName }
}
