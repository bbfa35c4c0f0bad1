import Type, { type Static } from 'typebox'
import {
  type AttributeValues,
  algorithms,
  type ObjectInfo,
  type ObjectType,
  type RevocationReason,
  revocationReasons,
  type Session,
  type State,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, enumOf, exactly, fromBase64 } from '../http/index.js'
import { dateOf } from './dates.js'
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
import {
  algorithmOf,
  curveOf,
  exportBit,
  extrasOf,
  keySchema,
  labelVendor,
  shownKey,
  stateNames,
  typeNames,
  usagesOf,
} from './key_shape.js'
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

const aliasSchema = exactly({
  alias: Type.String(),
  type: Type.Optional(enumOf(['string', 'uri'])),
  index: Type.Optional(Type.Integer()),
})
const dates = {
  activationDate: text('A date of RFC 3339'),
  processStartDate: text('The same'),
  protectStopDate: text('The same'),
  deactivationDate: text('The same'),
}
const aliases = Type.Optional(Type.Array(aliasSchema))
const usageMask = Type.Optional(
  Type.Integer({ minimum: 0, description: 'KMIP; 64 lets the key be exported' }),
)
const encodings = enumOf(['hex', 'base64'], { description: 'Of symmetric keys. Default hex' })
const newKey = exactly({
  name: text('Unique; nothing for none'),
  algorithm: Type.Optional(Type.String({ description: 'aes (default), tdes, rsa, ec, hmac-sha256, ...' })),
  size: Type.Optional(Type.Integer({ description: 'Bits. Default: the longest of AES, 3072 of RSA' })),
  curveid: text('Of EC: prime256v1 (default), secp384r1, secp521r1, secp256k1'),
  usageMask,
  unexportable: Type.Optional(Type.Boolean({ description: 'Default true, unless the mask has the bit 64' })),
  undeletable: Type.Optional(Type.Boolean({ description: 'false' })),
  assignSelfAsOwner: Type.Optional(Type.Boolean({ description: 'true: nobody else can be' })),
  material: text('A key that is there already: hexadecimal or base64 of a symmetric one, else PEM'),
  encoding: Type.Optional(encodings),
  state: Type.Optional(enumOf(['Pre-Active', 'Active'], { description: 'Default Active' })),
  description: text('At most 1,024 characters'),
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  aliases,
  meta: metaField,
  ...dates,
})
type NewKey = Static<typeof newKey>
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
      const info = await (body.material === undefined ? made : taken)(session, body)
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
          ...dates,
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

/** Makes a key or a pair. */
async function made(session: Session, body: NewKey): Promise<ObjectInfo> {
  const algorithm = algorithmOf(body.algorithm ?? 'aes')
  const { curveid, size } = body
  // Lengths of 3DES are counted with parity there and without it here.
  const length = size !== undefined && algorithm !== '3DES' && curveid === undefined && algorithm !== 'EC'
  const common = {
    ...attributesOf(body),
    algorithm,
    ...(length && { length: size }),
  }
  const mask = body.usageMask
  if (algorithms[algorithm as keyof typeof algorithms].kind === 'secret') {
    const usage = mask === undefined ? {} : { usage: usagesOf(mask, algorithm, 'SymmetricKey') }
    return session.createKey({ ...common, ...usage })
  }
  const { privateKey } = await session.createKeyPair({
    ...common,
    ...(curveid !== undefined && { curve: curveOf(curveid) }),
    ...(mask !== undefined && {
      privateUsage: usagesOf(mask, algorithm, 'PrivateKey'),
      publicUsage: usagesOf(mask, algorithm, 'PublicKey'),
    }),
  })
  return privateKey
}

/** Takes in a key that is there already. */
async function taken(session: Session, body: NewKey): Promise<ObjectInfo> {
  const algorithm = algorithmOf(body.algorithm ?? 'aes')
  const { material = '', encoding = 'hex', usageMask: mask } = body
  const isSecret = algorithms[algorithm as keyof typeof algorithms].kind === 'secret'
  const bytes = material.startsWith('-----') ? Buffer.from(material) : bytesOf(material, encoding)
  const type: ObjectType = isSecret
    ? 'SymmetricKey'
    : material.includes('PUBLIC')
      ? 'PublicKey'
      : 'PrivateKey'
  try {
    return await session.register({
      ...attributesOf(body),
      ...{ algorithm, material: bytes },
      ...(isSecret && { format: 'raw' }),
      ...(mask !== undefined && { usage: usagesOf(mask, algorithm, type) }),
    })
  } finally {
    bytes.fill(0)
  }
}

function bytesOf(material: string, encoding: 'hex' | 'base64'): Buffer {
  if (encoding === 'base64') return fromBase64(material, 'material')
  if (/^([0-9a-f]{2})+$/i.test(material)) return Buffer.from(material, 'hex')
  throw invalid('material must be hexadecimal, unless encoding says base64')
}

function attributesOf(body: NewKey) {
  const {
    name,
    description,
    state,
    unexportable,
    usageMask: mask = 0,
    labels = {},
    aliases: others = [],
  } = body
  const attributes: AttributeValues = {
    ...datesOf(body),
    ...(Object.keys(labels).length > 0 && {
      VendorAttribute: Object.entries(labels).map(([label, value]) => labelOf(label, value)),
    }),
    ...(others.length > 0 && { AlternativeName: others.map(aliasOf) }),
  }
  return {
    ...(name !== undefined && name !== '' && { name }),
    ...(description !== undefined && { description }),
    extractable: unexportable === undefined ? (mask & exportBit) !== 0 : !unexportable,
    ...(state && { activate: state === 'Active' }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  }
}

function datesOf(given: { readonly [name in keyof typeof dates]?: string }) {
  const names = {
    activationDate: 'ActivationDate',
    processStartDate: 'ProcessStartDate',
    protectStopDate: 'ProtectStopDate',
    deactivationDate: 'DeactivationDate',
  } as const
  return Object.fromEntries(
    (Object.keys(names) as (keyof typeof names)[]).flatMap((name) => {
      const date = given[name]
      return date === undefined ? [] : [[names[name], new Date(dateOf(name, date)).toISOString()]]
    }),
  )
}

function labelOf(name: string, value: string) {
  return { vendor: labelVendor, name, type: 'text', value }
}

function aliasOf({ alias, type }: Static<typeof aliasSchema>) {
  return { type: type === 'uri' ? 'URI' : 'UninterpretedTextString', value: alias }
}

/** Sets and removes labels; aliases, where they are given, take the place of those that there are. */
async function setLabels(
  session: Session,
  id: string,
  labels: Readonly<Record<string, string | null>>,
  wanted: readonly Static<typeof aliasSchema>[] | undefined,
): Promise<void> {
  const stored = await session.attributes(id, ['VendorAttribute', 'AlternativeName'])
  const present = extrasOf(stored).labels ?? {}
  for (const [name, value] of Object.entries(labels)) {
    const before = Object.hasOwn(present, name) ? present[name] : undefined
    if (before === value || (before === undefined && value === null)) continue
    if (before !== undefined) await session.deleteAttribute(id, 'VendorAttribute', labelOf(name, before))
    if (value !== null) await session.addAttribute(id, 'VendorAttribute', labelOf(name, value))
  }
  if (!wanted) return
  const others = (stored.AlternativeName ?? []) as readonly ReturnType<typeof aliasOf>[]
  const next = wanted.map(aliasOf)
  const isIn = (list: readonly ReturnType<typeof aliasOf>[], { type, value }: ReturnType<typeof aliasOf>) =>
    list.some((one) => one.type === type && one.value === value)
  for (const one of others) if (!isIn(next, one)) await session.deleteAttribute(id, 'AlternativeName', one)
  for (const one of next) if (!isIn(others, one)) await session.addAttribute(id, 'AlternativeName', one)
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
