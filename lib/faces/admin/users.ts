import Type from 'typebox'
import { clientTypes, loginMethods } from '../../core/index.js'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { accountFields, listOrNull, metadata } from './accounts.js'
import { principalFields, principalParams } from './principals.js'
import { exactly, skipFields } from './schemas.js'

const tags = ['users']
const date = (description: string) =>
  nullable('integer', { description: `Milliseconds since 1970: ${description}` })
const ownFields = {
  ...principalFields,
  fullName: nullable('string'),
  email: nullable('string'),
  userMetadata: metadata('Its user sees and changes it'),
  certificateSubject: nullable('string'),
  methods: listOrNull(loginMethods, 'How it may log in'),
  clientTypes: listOrNull(clientTypes, 'Through which clients'),
  preventUiLogin: Type.Boolean(),
  passwordPolicy: nullable('string'),
  origin: Type.String({ description: 'connection|id by which it was made' }),
  created: date('when it was registered'),
  updated: date('when its account was changed last'),
  loginsCount: Type.Integer(),
  lastLogin: date('when it logged in last'),
  failedLoginsCount: Type.Integer({ description: 'Since it logged in last' }),
  failedLoginsInitialAttemptAt: date('the first of them'),
  lastFailedLoginAt: date('the last failure'),
  accountLockoutAt: date('when it was locked'),
  lockedUntil: date('until when it is locked'),
  passwordChangedAt: date('when its password was set'),
}

const userSchema = Type.Object({ ...ownFields, appMetadata: metadata('Hidden from its user') })
const ownSchema = Type.Object(ownFields)
const flag = (description: string) => Type.Optional(enumOf(['true', 'false'], { description }))
const text = (description: string) => Type.Optional(Type.String({ description }))

/** Principals with the people behind them. */
export function userRoutes(app: App): void {
  app.get(
    '/users',
    {
      preValidation: integers('skip', 'limit', 'expiresBy', 'idleSince'),
      schema: {
        tags,
        operationId: 'listUsers',
        summary: 'Principals with their accounts, in the order of their names, by what is known of them',
        querystring: exactly({
          ...skipFields,
          kind: Type.Optional(enumOf(['user', 'service', 'client'])),
          name: text('Of the principal; as of all texts, whatever its case'),
          fullName: text('Of the person'),
          email: text('Of the person'),
          groups: text('Ids or names of groups that it is in all of, with commas between'),
          exceptGroups: text('Ids or names of groups that it is in none of, with commas between'),
          method: Type.Optional(enumOf([...loginMethods, 'none'], { description: 'How it may log in' })),
          clientType: Type.Optional(enumOf([...clientTypes, 'none'])),
          passwordPolicy: text('Its own policy'),
          expired: flag('Whether it has expired'),
          expiresBy: Type.Optional(
            Type.Integer({ description: 'Milliseconds since 1970 by which it will expire' }),
          ),
          locked: flag('Whether it is locked'),
          idleSince: Type.Optional(
            Type.Integer({ description: 'Milliseconds since 1970 since when it has not logged in' }),
          ),
          neverLoggedIn: Type.Optional(enumOf(['true'])),
        }),
        response: { 200: Type.Object({ users: Type.Array(userSchema), total: Type.Integer() }) },
      },
    },
    async ({ session, query: { groups, exceptGroups, expired, locked, neverLoggedIn, ...query } }) =>
      session.users({
        ...query,
        ...(groups !== undefined && { groups: groups.split(',') }),
        ...(exceptGroups !== undefined && { exceptGroups: exceptGroups.split(',') }),
        ...(expired !== undefined && { expired: expired === 'true' }),
        ...(locked !== undefined && { locked: locked === 'true' }),
        ...(neverLoggedIn !== undefined && { neverLoggedIn: true }),
      }),
  )

  app.get(
    '/users/:id',
    {
      schema: {
        tags,
        operationId: 'getUser',
        summary: 'A principal with its account and logins',
        params: principalParams,
        response: { 200: userSchema },
      },
    },
    async ({ session, params }) => session.getUser(params.id),
  )

  app.get(
    '/me/account',
    {
      schema: {
        tags,
        operationId: 'getOwnUser',
        summary: 'One’s own account, but for what is hidden from oneself',
        response: { 200: ownSchema },
      },
    },
    async ({ session }) => session.ownUser(),
  )

  app.patch(
    '/me/account',
    {
      schema: {
        tags,
        operationId: 'setOwnUser',
        summary: 'Change one’s own name or metadata',
        body: exactly({ fullName: accountFields.fullName, userMetadata: accountFields.userMetadata }),
        response: { 200: ownSchema },
      },
    },
    async ({ session, body }) => session.setOwnUser(body),
  )
}
