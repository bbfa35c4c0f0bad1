import { createPrincipal } from '../../access/index.js'
import { MortiseError } from '../../errors/index.js'
import {
  type AuditDetail,
  isActive,
  type ObjectPermission,
  type Prepared,
  type Rows,
  type State,
  type SystemOperation,
} from '../../operation/index.js'
import type { Services } from '../services.js'
import { bytesOf, erased, etagOf, newBlob, replaced } from './blobs.js'
import { isNetwork } from './networks.js'
import { olderOf } from './older.js'
import { type KeyserviceSession, newSecret, type Proof } from './records.js'

const living: readonly State[] = ['Active']
const longestNamespace = 255

export interface AddServiceInput {
  /** By which it is known, and called as a principal: no `,` and no `=`. */
  readonly keyId: string
  /** Those whose users it may connect. */
  readonly namespaces: readonly string[]
  /** Addresses or networks that it asks from: `192.0.2.7`, `2001:db8::/32`. Nowhere else is it let in. */
  readonly allowFrom: readonly string[]
}

export interface AddedService {
  readonly keyId: string
  /** Shared with it. It is shown once. */
  readonly secret: string
}

/**
 * Registers a real service: a principal that may connect users of some namespaces, and do nothing else.
 *
 * @throws MORTISE_PRINCIPAL_EXISTS, MORTISE_INPUT_INVALID
 */
export const addService: SystemOperation<Services, AddServiceInput, AddedService> = {
  name: 'KeyserviceAddService',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, { keyId, namespaces, allowFrom }) {
    if (/[,=]/.test(keyId)) throw invalid('a key id has no comma and no equals sign')
    if (namespaces.length === 0 || namespaces.some((one) => one === '' || one.length > longestNamespace))
      throw invalid('a service has namespaces, of 1 to 255 characters')
    if (allowFrom.length === 0 || !allowFrom.every(isNetwork))
      throw invalid('a service asks from somewhere: name addresses or networks, 192.0.2.0/24')
    const made = await createPrincipal.prepare(services, actor, {
      name: keyId,
      kind: 'service',
      permissions: [],
    })
    const secret = newSecret()
    const { id: principal, name } = made.answer
    const service = { keyId: name, principal, secret, namespaces, allowFrom }
    return {
      answer: { keyId: name, secret },
      rows: {
        ...made.rows,
        records: [...(made.rows?.records ?? []), await services.keyservice.writeService(service)],
      },
      detail: { principal, keyId: name, namespaces, allowFrom },
    }
  },
}

/** Makes a secret between a client, whoever it is, and the keyservice. */
export const init: SystemOperation<Services, { readonly lifetime: number }, string> = {
  name: 'KeyserviceInit',
  permission: 'Query',
  durability: 'synced',
  independent: true,
  async prepare({ keyservice }, _actor, { lifetime }) {
    const { token, row } = keyservice.newInit(lifetime)
    return { answer: token, rows: { records: [row] } }
  },
}

export interface ConnectInput {
  readonly proof: Proof
  readonly namespace: string
  /** Name of the user's object. */
  readonly blob: string
  /** SHA-512 of the init token. */
  readonly digest: Buffer
  /** Milliseconds that the session lasts. */
  readonly lifetime: number
}

/** A session of a user, whom a service vouches for, with the init token that the user's client has. */
export const connect: SystemOperation<Services, ConnectInput, string> = {
  name: 'KeyserviceConnect',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, { proof, namespace, blob, digest, lifetime }) {
    const { keyservice, clock } = services
    const spent = await keyservice.spend(proof)
    const service = await keyservice.service(proof.keyId)
    if (!spent || service?.principal !== actor.id)
      return refused('', new MortiseError('MORTISE_AUTH_REQUIRED'))
    const rows = { records: [spent] }
    if (!service.namespaces.includes(namespace)) {
      const message = `${proof.keyId} connects no users of this namespace`
      return refused('', new MortiseError('MORTISE_ACCESS_DENIED', message), rows, { namespace })
    }
    const found = await keyservice.init(digest)
    if (!found) return refused('', new MortiseError('MORTISE_TOKEN_NOT_FOUND'), rows, { namespace })
    const { token: initToken } = found.value
    const expires = clock.now() + lifetime
    const made = keyservice.newSession({ initToken, namespace, blob, service: service.principal, expires })
    return {
      answer: made.token,
      rows: { records: [spent, keyservice.consumeInit(found), made.row] },
      detail: { namespace, session: made.key },
    }
  },
}

/** Who asks for what it keeps, and what for. */
export interface UserInput {
  readonly proof: Proof
  /** By what the session is kept. */
  readonly session: string
  /** Name of the user's object, if it is there: then it is decided on. */
  readonly object: string | undefined
}

export interface KeptKey {
  readonly bytes: Buffer
  readonly etag: string
}

/** What a user keeps. */
export const get: SystemOperation<Services, UserInput, KeptKey> = {
  name: 'KeyserviceGet',
  permission: 'Query',
  // It releases secrets.
  durability: 'synced',
  alsoOn: (input) => onObject(input, 'Export'),
  async prepare(services, _actor, input, [object] = []) {
    const none = { bytes: Buffer.alloc(0), etag: '' }
    const asked = await openRequest(services, input)
    if (!asked) return refused(none, new MortiseError('MORTISE_AUTH_REQUIRED'))
    const { rows, detail } = asked
    if (!object) return refused(none, new MortiseError('MORTISE_KEY_NOT_FOUND'), rows, detail)
    return { answer: { bytes: bytesOf(services, object), etag: etagOf(object) }, rows, detail }
  },
}

/** What must be there for something to be put in its place. */
export interface PutConditions {
  /** Entity tags, of which it must have one, or `*` for whatever there is. */
  readonly ifMatch?: readonly string[] | '*'
  /** Whether nothing may be there. */
  readonly ifNone?: boolean
}

interface PutInput extends UserInput, PutConditions {
  /** What a new object is called. */
  readonly blob: string
  readonly bytes: Uint8Array
  /** How many versions are kept. */
  readonly versions: number
}

/** Keeps something for a user, in the place of what there was. */
export const put: SystemOperation<Services, PutInput, string> = {
  name: 'KeyservicePut',
  permission: 'Create',
  durability: 'synced',
  alsoOn: (input) => onObject(input, 'Rekey'),
  async prepare(services, _actor, input, [object] = []) {
    const asked = await openRequest(services, input)
    if (!asked) return refused('', new MortiseError('MORTISE_AUTH_REQUIRED'))
    const { rows, detail } = asked
    const { blob: name, bytes, versions, ifMatch, ifNone } = input
    const matches = ifMatch === undefined || (object && (ifMatch === '*' || ifMatch.includes(etagOf(object))))
    if (!matches || (ifNone && object))
      return refused('', new MortiseError('MORTISE_PRECONDITION_FAILED'), rows, detail)
    const { blob, records } = object
      ? await replaced(services, object, bytes, versions)
      : { blob: newBlob(services, name, bytes), records: [] }
    return {
      answer: etagOf(blob),
      rows: { objects: [{ row: blob }], records: [...rows.records, ...records] },
      object: blob.id,
      detail: { ...detail, version: blob.version },
    }
  },
}

/** A version that there was. */
export interface OlderKey {
  readonly version: number
  /** When another came in its place: ISO 8601, UTC. */
  readonly replaced: string
}

interface RestoreInput {
  /** Name of the user's object, if it is there. */
  readonly object: string | undefined
  /** Default the newest of the older ones. */
  readonly version?: number
}

export interface RestoredKey {
  /** What was put back. */
  readonly restored: number
  /** The version that it has now. */
  readonly version: number
  /** Those that were there, oldest first. */
  readonly older: readonly OlderKey[]
}

/** Puts an older version of what a user keeps in the place of the present one, which is kept. Nobody sees either. */
export const restore: SystemOperation<Services, RestoreInput, RestoredKey> = {
  name: 'KeyserviceRestore',
  permission: 'PrincipalManage',
  durability: 'synced',
  alsoOn: (input) => onObject(input, 'Recover'),
  async prepare(services, _actor, { version }, [object] = []) {
    if (!object) throw nothingKept()
    const older = await olderOf(services, object)
    const wanted = version === undefined ? older.at(-1) : older.find(({ value }) => value.version === version)
    if (!wanted) {
      const kept = older.map(({ value }) => value.version).join(', ') || 'none'
      throw new MortiseError('MORTISE_KEY_NOT_FOUND', `that version is not kept: there are ${kept}`)
    }
    const bytes = Buffer.from(wanted.value.bytes, 'base64')
    try {
      // As many as there are, and the present one.
      const { blob, records } = await replaced(services, object, bytes, older.length + 2)
      return {
        answer: {
          restored: wanted.value.version,
          version: blob.version,
          older: older.map(({ value }) => ({
            version: value.version,
            replaced: new Date(value.replaced).toISOString(),
          })),
        },
        rows: { objects: [{ row: blob }], records },
        detail: { restored: wanted.value.version, version: blob.version },
      }
    } finally {
      bytes.fill(0)
    }
  },
}

export interface ForgetInput {
  /** Name of the user's object. */
  readonly blob: string
  /** The same, if it is there. */
  readonly object: string | undefined
}

/** Ends the sessions of a user, and destroys what it kept in all its versions. */
export const forget: SystemOperation<Services, ForgetInput, { readonly sessions: number }> = {
  name: 'KeyserviceForget',
  permission: 'PrincipalManage',
  durability: 'synced',
  alsoOn: (input) => onObject(input, 'Destroy'),
  async prepare(services, _actor, { blob }, [object] = []) {
    const ends = await services.keyservice.endSessions(blob)
    if (!object && ends.length === 0) throw nothingKept()
    const rows = object ? await erased(services, object) : { records: [] }
    return {
      answer: { sessions: ends.length },
      // What is under way elsewhere by a session that has ended begins again.
      rows: { ...rows, records: [...rows.records, ...ends], newEpoch: true },
      detail: { sessions: ends.length },
    }
  },
}

/** What is asked of the user's object. */
function onObject({ object }: { readonly object: string | undefined }, permission: ObjectPermission) {
  if (object === undefined) return []
  return [{ permission, states: living, purposes: ['private'] as const, target: { object } }]
}

/** That a request is the only one of its kind, and its session goes on; undefined where not. */
async function openRequest(services: Services, { proof, session: key }: UserInput) {
  const { keyservice } = services
  const [spent, session] = [await keyservice.spend(proof), await keyservice.session(key)]
  if (!spent || !session || !(await isServed(services, session))) return undefined
  const { namespace, service } = session
  return { rows: { records: [spent] }, detail: { namespace, service, session: key } }
}

/** Whether the service that has connected a user is let in still. */
async function isServed({ principals, clock }: Services, { service }: KeyserviceSession): Promise<boolean> {
  const principal = principals.known(service) ?? (await principals.get(service))
  return principal !== undefined && isActive(principal, clock.now())
}

function refused<Answer>(
  answer: Answer,
  refusal: MortiseError,
  rows?: Rows,
  detail?: AuditDetail,
): Prepared<Answer> {
  return { answer, refusal, ...(rows && { rows }), ...(detail && { detail }) }
}

function nothingKept(): MortiseError {
  return new MortiseError('MORTISE_KEY_NOT_FOUND', 'nothing is kept of this user')
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
