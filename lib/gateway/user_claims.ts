import { type AccessServices, Cache } from '../access/index.js'

const cachedUsers = 10_000
const prefix = 'http://wso2.org/claims'

/** What the directory says of a user, by the last part of WSO2's names: `emailaddress`, `role`. */
export type UserClaims = Readonly<Record<string, string>>

/** The dialect that nobody has to ask for. */
export const usualDialect = prefix

/** The name of a claim. @param dialect what stands before it; empty or `/` for nothing */
export function claimName(dialect: string, name: string): string {
  return dialect === '' || dialect === '/' ? name : `${dialect.replace(/\/$/, '')}/${name}`
}

/** What is told of users: from memory until their account, their groups or roles change. */
export class UserDirectory {
  readonly #cache: Cache<UserClaims>

  constructor(services: Pick<AccessServices, 'accounts' | 'subjects'>) {
    this.#cache = new Cache(cachedUsers, (id) => load(services, id))
  }

  /** @param id of the principal */
  async claims(id: string): Promise<UserClaims> {
    return (await this.#cache.get(id)) ?? {}
  }

  /** @param record its namespace, `/`, its key; null: everything */
  forget(record: string | null): void {
    const [namespace, key = ''] = record?.split('/', 2) ?? []
    if (namespace === 'account' || namespace === 'principal') this.#cache.forget(key)
    else if (record === null || namespace === 'membership' || namespace === 'group' || namespace === 'role')
      this.#cache.forgetAll()
  }
}

async function load(
  { accounts, subjects }: Pick<AccessServices, 'accounts' | 'subjects'>,
  id: string,
): Promise<UserClaims | undefined> {
  const subject = await subjects.get(id)
  if (!subject) return undefined
  const { fullName, nickname, email, appMetadata } = (await accounts.read(id)).value
  const names = [...subject.held.map(({ role }) => role.name), ...subject.groups.values()]
  const told = {
    username: subject.name,
    userid: id,
    fullname: fullName,
    nickname,
    emailaddress: email,
    role: [...new Set(names)].sort().join(),
  }
  return { ...texts(appMetadata['claims']), ...texts(told) }
}

/** Of an object what is a text and says something. */
function texts(given: unknown): UserClaims {
  if (typeof given !== 'object' || given === null) return {}
  return Object.fromEntries(
    Object.entries(given).filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1] !== '',
    ),
  )
}
