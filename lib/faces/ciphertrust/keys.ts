import Type from 'typebox'
import {
  type ObjectType,
  type RevocationReason,
  revocationReasons,
  type Session,
  type State,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, enumOf, exactly } from '../http/index.js'
import {
  both,
  calledKey,
  callFields,
  callIntegers,
  keyOf,
  metaField,
  removeKey,
  setPermissions,
  versionsOf,
  wholeKey,
} from './key_calls.js'
import { aliases, dateFields, datesOf, setLabels } from './key_labels.js'
import { algorithmOf, keySchema, shownKey, stateNames, typeNames } from './key_shape.js'
import { encodings, type NewKey, newKey, newKeyOf } from './new_key.js'
import { asked, orNothing, pageFields, pageIntegers, pageOf } from './page.js'
import { readBody, readQuery } from './reading.js'
import { localUserId } from './user_ids.js'

const tags = ['ciphertrust keys']
const text = (description: string) => Type.Optional(Type.String({ description }))
const params = Type.Object({ id: Type.String({ minLength: 1, description: 'Id, name, URI or alias' }) })
const nothing = Type.Null({ description: 'Nothing' })
const locateLimit = 1000
const readCall = readQuery({ integers: callIntegers })
const called = { params, querystring: exactly(callFields) }

const readNew = readBody({ flags: ['unexportable', 'undeletable', 'assignSelfAsOwner'] })

export function keyRoutes(app: App): void {
  app.post(
    '/vault/keys2',
    {
      preValidation: readNew,
      schema: {
        tags,
        operationId: 'ciphertrustCreateKey',
        summary: 'Make a key, or take one in; of a pair the private key is answered',
        body: newKey,
        response: { 201: keySchema },
      },
    },
    async ({ session, body }, reply) => {
      refuseOthers(session, body)
      const info = await newKeyOf(session, body)
      if (body.meta?.permissions) {
        try {
          await setPermissions(session, both(info), body.meta.permissions)
        } catch (error) {
          await removeKey(session, info)
          throw error
        }
      }
      return reply.code(201).send(await wholeKey(session, info))
    },
  )

  app.get(
    '/vault/keys2',
    {
      preValidation: readQuery({ integers: [...pageIntegers, 'size'] }),
      schema: {
        tags,
        operationId: 'ciphertrustListKeys',
        summary: 'The newest versions of keys that one may see, oldest first; no archived and destroyed ones',
        querystring: exactly({
          ...pageFields,
          name: text('Exactly'),
          id: text(''),
          alias: text('Exactly'),
          state: Type.Optional(enumOf(Object.values(stateNames))),
          algorithm: text('aes, rsa, ...'),
          size: Type.Optional(Type.Integer()),
          objectType: Type.Optional(enumOf(Object.values(typeNames))),
        }),
        response: { 200: pageOf(keySchema) },
      },
    },
    async ({ session, query }) => {
      const page = asked(query)
      return orNothing(page, ['MORTISE_KEY_NOT_FOUND'], async () => {
        const { items, total } = await located(session, query)
        return { total, resources: items.map((one) => shownKey(one)) }
      })
    },
  )

  app.get(
    '/vault/keys2/:id',
    {
      preValidation: readCall,
      schema: {
        tags,
        operationId: 'ciphertrustGetKey',
        summary: 'One of them',
        ...called,
        response: { 200: keySchema },
      },
    },
    async ({ session, params, query }) => wholeKey(session, await keyOf(session, params.id, query)),
  )

  app.patch(
    '/vault/keys2/:id',
    {
      preValidation: [readCall, readBody({ flags: ['unexportable', 'undeletable'] })],
      schema: {
        tags,
        operationId: 'ciphertrustSetKey',
        summary: 'Change what is said of a key, and what groups may do with it',
        ...called,
        body: exactly({
          unexportable: Type.Optional(Type.Boolean({ description: 'true' })),
          undeletable: Type.Optional(Type.Boolean({ description: 'false' })),
          description: text('At most 1,024 characters'),
          labels: Type.Optional(
            Type.Record(Type.String(), Type.Unsafe<string | null>({ type: ['string', 'null'] }), {
              description: 'Null takes one away; others stay',
            }),
          ),
          aliases,
          meta: metaField,
          ...dateFields,
        }),
        response: { 200: keySchema },
      },
    },
    async ({ session, params, query, body }) => {
      refuseOthers(session, body)
      const info = await keyOf(session, params.id, query)
      const { id } = info
      const { labels, aliases: wanted, meta } = body
      if (body.unexportable === false && !info.extractable)
        throw invalid('a key that cannot be exported stays so')
      if (body.unexportable) await session.setAttribute(id, 'Extractable', false)
      if (body.description !== undefined) await session.setAttribute(id, 'Description', body.description)
      for (const [name, value] of Object.entries(datesOf(body)))
        await session.setAttribute(id, name as 'ActivationDate', value as string)
      if (labels || wanted) await setLabels(session, id, labels ?? {}, wanted)
      if (meta?.permissions) await setPermissions(session, both(info), meta.permissions)
      return wholeKey(session, await session.get(id))
    },
  )

  app.delete(
    '/vault/keys2/:id',
    {
      preValidation: [readCall, readBody()],
      schema: {
        tags,
        operationId: 'ciphertrustDeleteKey',
        summary: 'Destroy one version of a key for ever, or on the day that the server is set to',
        ...called,
        response: { 204: nothing },
      },
    },
    async ({ session, params, query }, reply) => {
      await removeKey(session, await keyOf(session, params.id, query))
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/vault/keys2/:id/versions',
    {
      preValidation: readQuery({ integers: pageIntegers }),
      schema: {
        tags,
        operationId: 'ciphertrustListKeyVersions',
        summary: 'All versions of a key that one may see, the first first',
        params,
        querystring: exactly(pageFields),
        response: { 200: pageOf(keySchema) },
      },
    },
    async ({ session, params, query }) => {
      const page = asked(query)
      const all = await versionsOf(session, (await keyOf(session, params.id, {})).family)
      const resources = all.slice(page.skip, page.skip + page.limit).map((one) => shownKey(one))
      return { ...page, total: all.length, resources }
    },
  )

  app.post(
    '/vault/keys2/:id/versions',
    {
      preValidation: [readCall, readBody()],
      schema: {
        tags,
        operationId: 'ciphertrustRotateKey',
        summary: 'Make the next version of a key; older ones still open what they have sealed',
        ...called,
        body: exactly({}),
        response: { 201: keySchema },
      },
    },
    async ({ session, params, query }, reply) => {
      const { id } = await keyOf(session, params.id, query)
      return reply.code(201).send(await wholeKey(session, (await session.rekey(id)).replacement))
    },
  )

  app.post(
    '/vault/keys2/:id/export',
    {
      preValidation: [readCall, readBody()],
      schema: {
        tags,
        operationId: 'ciphertrustExportKey',
        summary: 'A key that may be exported, with its material',
        ...called,
        body: exactly({
          encoding: Type.Optional(encodings),
          format: Type.Optional(enumOf(['raw', 'pkcs1', 'pkcs8', 'spki'])),
        }),
        response: {
          200: Type.Object({
            ...keySchema.properties,
            material: Type.String({ description: 'Hexadecimal or base64 of a symmetric key, else PEM' }),
          }),
        },
      },
    },
    async ({ session, params, query, body: { encoding = 'hex', format } }) => {
      const info = await keyOf(session, params.id, query)
      const isPem = info.type === 'PrivateKey' || info.type === 'PublicKey'
      const { material } = await session.export(info.id, {
        ...(format && { format }),
        ...(isPem && { encoding: 'pem' }),
      })
      try {
        return { ...shownKey(info), material: material.toString(isPem ? 'latin1' : encoding) }
      } finally {
        material.fill(0)
      }
    },
  )

  const steps = {
    destroy: {
      summary: 'Destroy a key that is not Active',
      run: (session: Session, id: string) => session.destroy(id),
    },
    archive: { summary: 'Take a key out of use', run: (session: Session, id: string) => session.archive(id) },
    recover: {
      summary: 'Bring an archived key back',
      run: (session: Session, id: string) => session.recover(id),
    },
  }
  for (const [name, { summary, run }] of Object.entries(steps)) {
    app.post(
      `/vault/keys2/:id/${name}`,
      {
        preValidation: [readCall, readBody()],
        schema: {
          tags,
          operationId: `ciphertrust${name.charAt(0).toUpperCase()}${name.slice(1)}Key`,
          summary,
          ...called,
          body: exactly({}),
          response: { 200: keySchema },
        },
      },
      async ({ session, params, query }) =>
        shownKey(await run(session, await calledKey(session, params.id, query))),
    )
  }

  app.post(
    '/vault/keys2/:id/revoke',
    {
      preValidation: readCall,
      schema: {
        tags,
        operationId: 'ciphertrustRevokeKey',
        summary: 'End the use of a key: Deactivated, or Compromised by the reason',
        ...called,
        body: exactly({
          reason: enumOf(Object.keys(revocationReasons) as RevocationReason[]),
          message: text('At most 1,024 characters'),
        }),
        response: { 200: keySchema },
      },
    },
    async ({ session, params, query, body }) =>
      shownKey(await session.revoke(await calledKey(session, params.id, query), body.reason, body.message)),
  )
}

interface Query {
  readonly skip?: number
  readonly limit?: number
  readonly name?: string
  readonly id?: string
  readonly alias?: string
  readonly state?: string
  readonly algorithm?: string
  readonly size?: number
  readonly objectType?: string
}

async function located(session: Session, { id, ...query }: Query) {
  const { skip, limit } = asked(query)
  if (id !== undefined) {
    const one = await keyOf(session, id, {})
    return { items: skip === 0 ? [one] : [], total: 1 }
  }
  const { name, alias, state, algorithm, size: length, objectType } = query
  const filter = {
    newest: true,
    storage: state?.startsWith('Destroyed') ? 'destroyed' : 'online',
    ...(name !== undefined && { name }),
    ...(alias !== undefined && { alternativeName: alias }),
    ...(state !== undefined && { state: wordOf<State>(stateNames, state) }),
    ...(algorithm !== undefined && { algorithm: algorithmOf(algorithm) }),
    ...(length !== undefined && { length }),
    ...(objectType !== undefined && { type: wordOf<ObjectType>(typeNames, objectType) }),
  } as const
  const first = await session.locate({
    ...filter,
    offset: skip,
    limit: Math.min(limit, locateLimit),
    count: true,
  })
  const { items, next, total = 0 } = first
  if (limit <= locateLimit || next === null) return { items, total }
  const rest = await session.locate({ ...filter, after: next, limit: limit - locateLimit })
  return { items: [...items, ...rest.items], total }
}

function wordOf<Word extends string>(names: Readonly<Record<Word, string>>, shown: string): Word {
  return (Object.keys(names) as Word[]).find((word) => names[word] === shown) as Word
}

/** Nobody makes a key for somebody else, and every key can be destroyed. */
function refuseOthers(
  session: Session,
  { meta, undeletable, assignSelfAsOwner }: Pick<NewKey, 'meta' | 'undeletable' | 'assignSelfAsOwner'>,
): void {
  const { ownerId } = meta ?? {}
  if (undeletable) throw invalid('undeletable says nothing here: a quorum policy on Destroy does')
  if (assignSelfAsOwner === false || (ownerId !== undefined && ownerId !== localUserId(session.principal.id)))
    throw invalid('whoever makes a key owns it: leave ownerId out')
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
