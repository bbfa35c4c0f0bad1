import { setTimeout as sleep } from 'node:timers/promises'
import { systemPrincipal } from '../access/index.js'
import { type AuthorityInfo, authorityInfo } from '../ca/index.js'
import { MortiseError } from '../errors/index.js'
import type { Services } from './services.js'
import type { Session } from './session.js'

/** The names of the built-in authority: a root, and the one below it that issues. */
export const ownRootName = 'mortise-root'
export const ownIssuingName = 'mortise-issuing'

/** Every client of TLS 1.2 verifies it. */
const key = { algorithm: 'EC', curve: 'P-256' } as const
/** TLS clients and logins by its certificates are let in from the beginning; administrators may say otherwise. */
const trust = { clients: true, users: true }

/** After so much of its life a certificate is renewed. */
const part = 2 / 3

/** What one process of a directory does at a time. */
const holdName = 'own-authority'
/** Milliseconds: between looks, and how long another process may take. */
const interval = 50
const patience = 60_000

/** Mortise's own certificate authority: ordinary local ones that belong to the system. */
export interface OwnAuthority {
  readonly root: AuthorityInfo
  readonly issuing: AuthorityInfo
}

/**
 * The built-in authority, which is made where it is not there: step by step and by the ordinary operations, so that one which was cut short
 * is finished. Of several processes one makes it.
 *
 * @param system a session of the system itself
 * @throws MORTISE_NAME_TAKEN where an object of somebody else's has one of the names
 */
export async function ownAuthority(services: Services, system: Session): Promise<OwnAuthority> {
  const there = await findOwn(services)
  if (isWhole(there)) return there
  return alone(services, async () => {
    // Another process may have made some of it meanwhile.
    services.authorities.forgetAll()
    const own = await findOwn(services)
    const pendingRoot = own.root ?? (await create(services, system, ownRootName, 'Root'))
    const root = pendingRoot.state === 'pending' ? await system.selfSign(pendingRoot.id) : pendingRoot
    const issuing = own.issuing ?? (await create(services, system, ownIssuingName, 'Issuing'))
    if (issuing.state !== 'pending') return { root, issuing }
    const asked = { profile: 'ca', request: issuing.request ?? '', pathLength: 0 }
    const { certificate } = await system.certify(root.id, asked)
    const installed = { certificate: certificate ?? '', parent: root.id }
    return { root, issuing: await system.installCertificate(issuing.id, installed) }
  })
}

/** The same with new certificates for the same keys, where two thirds of the life of those that it has are over. */
export async function renewedAuthority(
  services: Services,
  system: Session,
  { root, issuing }: OwnAuthority,
): Promise<OwnAuthority> {
  return {
    root: isOld(services, root) ? await system.renewAuthority(root.id) : root,
    issuing: isOld(services, issuing) ? await system.renewAuthority(issuing.id) : issuing,
  }
}

/** What is there of it. */
async function findOwn({ authorities, objects, clock }: Services): Promise<Partial<OwnAuthority>> {
  const own: { root?: AuthorityInfo; issuing?: AuthorityInfo } = {}
  for (const authority of await authorities.all()) {
    const { id, name } = authority.record
    if (name !== ownRootName && name !== ownIssuingName) continue
    if ((await objects.byId(id))?.owner !== systemPrincipal.id) continue
    own[name === ownRootName ? 'root' : 'issuing'] = authorityInfo(authority, clock.now())
  }
  return own
}

/** What of the system's own authority and certificates one process of a directory does at a time. */
export async function alone<T>({ store }: Services, work: () => Promise<T>): Promise<T> {
  for (let waited = 0; !(await store.hold(holdName)); waited += interval) {
    if (waited >= patience) {
      throw new MortiseError(
        'MORTISE_STORAGE_UNAVAILABLE',
        'another process does not finish with the built-in authority',
      )
    }
    await sleep(interval)
  }
  try {
    return await work()
  } finally {
    await store.letGo(holdName)
  }
}

/** Whether so much of the life of a certificate is over that it is renewed. */
export function isDue({ clock }: Services, notBefore: number, notAfter: number): boolean {
  return clock.now() >= notBefore + (notAfter - notBefore) * part
}

export function isOwnDue(services: Services, { root, issuing }: OwnAuthority): boolean {
  return [root, issuing].some((one) => isOld(services, one))
}

function isOld(services: Services, { notBefore, notAfter }: AuthorityInfo): boolean {
  return (
    notBefore !== null && notAfter !== null && isDue(services, Date.parse(notBefore), Date.parse(notAfter))
  )
}

function isWhole(own: Partial<OwnAuthority>): own is OwnAuthority {
  return [own.root, own.issuing].every((one) => one !== undefined && one.state !== 'pending')
}

function create({ store }: Services, system: Session, name: string, title: string): Promise<AuthorityInfo> {
  // Whoever trusts several installations can tell them apart.
  const subject = `CN=Mortise ${title} CA ${store.id.slice(0, 8)},O=Mortise`
  return system.createAuthority({ name, subject, ...key, trust })
}
