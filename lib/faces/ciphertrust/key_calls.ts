import Type, { type Static } from 'typebox'
import type { GrantablePermission, ObjectInfo, Session } from '../../core/index.js'
import { isMortiseError, MortiseError } from '../../errors/index.js'
import { exactly } from '../http/index.js'
import {
  type Extras,
  extrasOf,
  isUri,
  nameInUri,
  permissionFields,
  type ShownKey,
  shownKey,
} from './key_shape.js'

const permissions = exactly(permissionFields)
export type Permissions = Static<typeof permissions>

/** What is granted to groups with a key. */
export const metaField = Type.Optional(
  exactly({
    ownerId: Type.Optional(Type.String({ description: 'Whoever makes the key' })),
    permissions: Type.Optional(permissions),
  }),
)

/** How a key is called: by its id or name unless something else is said. */
export const callFields = {
  type: Type.Optional(
    Type.Unsafe<'id' | 'name' | 'uri' | 'alias'>({ type: 'string', enum: ['id', 'name', 'uri', 'alias'] }),
  ),
  version: Type.Optional(
    Type.Integer({
      minimum: -1,
      description: 'From 0 on, of a key that is called by its name. Default the newest',
    }),
  ),
}
export const callIntegers = ['version']

export interface Call {
  readonly type?: 'id' | 'name' | 'uri' | 'alias'
  readonly version?: number
}

const granted: Readonly<Record<keyof Permissions, readonly GrantablePermission[]>> = {
  ReadKey: ['Get', 'GetAttributes', 'Locate'],
  UseKey: ['Get'],
  EncryptWithKey: ['Encrypt'],
  DecryptWithKey: ['Decrypt'],
  SignWithKey: ['Sign'],
  SignVerifyWithKey: ['SignatureVerify'],
  MACWithKey: ['MAC'],
  MACVerifyWithKey: ['MACVerify'],
  ExportKey: ['Export'],
}
const words = Object.keys(granted) as (keyof Permissions)[]

/** The id or name of the one version that is meant. @throws MORTISE_KEY_NOT_FOUND */
export async function calledKey(session: Session, text: string, { type, version }: Call): Promise<string> {
  if (type === 'alias') {
    const { items } = await session.locate({
      alternativeName: text,
      newest: true,
      storage: 'online',
      limit: 1,
    })
    if (!items[0]) throw notFound()
    return versionOf(session, items[0].id, version)
  }
  if (type !== 'uri' && !isUri(text)) return versionOf(session, text, version)
  const inUri = nameInUri(text)
  return versionOf(session, inUri.name, version ?? inUri.version)
}

async function versionOf(session: Session, object: string, version = -1): Promise<string> {
  if (version === -1) return object
  const { id, family, keyVersion } = await session.get(object)
  if (keyVersion === version + 1) return id
  const all = await versionsOf(session, family)
  const found = all.find((one) => one.keyVersion === version + 1)
  if (found) return found.id
  throw notFound()
}

/** All versions of a key, the oldest first. */
export async function versionsOf(session: Session, family: string): Promise<readonly ObjectInfo[]> {
  return (await session.locate({ family, limit: 1000 })).items
}

/** What is known of a key that is not destroyed. @throws MORTISE_KEY_NOT_FOUND */
export async function keyOf(session: Session, text: string, call: Call): Promise<ObjectInfo> {
  const info = await session.get(await calledKey(session, text, call))
  if (info.destroyed === null) return info
  throw notFound()
}

/** With its labels and aliases, and for its owner what groups may do with it. */
export async function wholeKey(session: Session, info: ObjectInfo): Promise<ShownKey> {
  const extras: Extras = extrasOf(await session.attributes(info.id, ['VendorAttribute', 'AlternativeName']))
  if (info.owner !== session.principal.id) return shownKey(info, extras)
  return shownKey(info, { ...extras, permissions: shownPermissions(await session.grants(info.id)) })
}

function shownPermissions(grants: Awaited<ReturnType<Session['grants']>>): Permissions {
  const groups = grants.filter(({ granteeKind, name }) => granteeKind === 'group' && name !== null)
  return Object.fromEntries(
    words.flatMap((word) => {
      const having = groups.filter(({ permissions }) =>
        granted[word].every((one) => permissions.includes(one)),
      )
      return having.length === 0 ? [] : [[word, having.map(({ name }) => name)]]
    }),
  )
}

/** Grants groups what is said, and takes from them what of these words is not said. Other grants stay. */
export async function setPermissions(
  session: Session,
  objects: readonly string[],
  given: Permissions,
): Promise<void> {
  const wanted = new Map<string, Set<GrantablePermission>>()
  for (const word of words)
    for (const group of given[word] ?? []) {
      const some = wanted.get(group) ?? new Set()
      for (const one of granted[word]) some.add(one)
      wanted.set(group, some)
    }
  for (const object of objects) {
    for (const { granteeKind, name, permissions } of await session.grants(object)) {
      if (granteeKind !== 'group' || name === null) continue
      const surplus = words
        .flatMap((word) => granted[word])
        .filter((one) => permissions.includes(one) && !wanted.get(name)?.has(one))
      if (surplus.length > 0) await session.withdraw(object, { group: name }, [...new Set(surplus)])
    }
    for (const [group, some] of wanted) await session.grant(object, { group }, [...some])
  }
}

/** A key, and the other half of a pair. */
export function both({ id, links }: ObjectInfo): readonly string[] {
  return links.publicKey === null ? [id] : [id, links.publicKey]
}

/** Destroys a key, an Active one too; the public key of a private one goes with it. */
export async function removeKey(session: Session, info: ObjectInfo): Promise<void> {
  for (const object of [...both(info)].reverse()) {
    try {
      await session.destroy(object)
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_KEY_STATE')) throw error
      await session.revoke(object, 'CessationOfOperation')
      await session.destroy(object)
    }
  }
}

export function notFound(): MortiseError {
  return new MortiseError('MORTISE_KEY_NOT_FOUND')
}
