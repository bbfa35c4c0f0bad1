import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import type { Connection, Connections } from '../lib/access/connections.js'
import { decide, ObjectGrants, type ObjectRights } from '../lib/access/index.js'
import { OidcLogin } from '../lib/access/oidc/oidc_login.js'
import { longestToken } from '../lib/access/oidc/token.js'
import { type Door, type KeyManager, openKeyManager } from '../lib/core/index.js'
import { type GrantRow, type ScopedGrant, type Subject, systemClock } from '../lib/operation/index.js'
import { type Contest, type Suite, withScratch } from './harness/index.js'

const objectCount = 100_000
const grantCount = 1000
/** Decisions of one call, the clock being read after it. */
const turn = 1000
const door: Door = { face: 'bench', request: 'bench' }

/** Who may do what, whose token this is, and whether this is somebody's password. */
export const access: Suite = {
  name: 'access',
  run: (contest, quick) =>
    withScratch(async (directory) => {
      await deciding(contest, quick ? objectCount / 100 : objectCount)
      const manager = await openKeyManager({ directory })
      await verifying(contest, manager)
      await contest(await loggingIn(manager))
      await manager.close()
    }),
}

/** Objects with a thousand grants each, and somebody who has a thousand on scopes. */
async function deciding(contest: (contest: Contest) => Promise<void>, count: number): Promise<void> {
  const lists = Array.from({ length: 100 }, (_, list) => new ObjectGrants(grantsTo(`list${list}`)))
  const objects = Array.from(
    { length: count },
    (_, i): ObjectRights => ({
      owner: 'somebody',
      purpose: 'general',
      name: `application${(i % 2) * grantCount + ((i >> 1) % grantCount)}/key${i}`,
      objectGroups: [],
      grants: lists[i % lists.length] as ObjectGrants,
    }),
  )
  const scoped = Array.from(
    { length: grantCount },
    (_, i): ScopedGrant => ({
      granteeKind: 'principal',
      grantee: 'ann',
      scope: { namePrefix: `application${i}/` },
      permissions: ['Encrypt'],
    }),
  )
  const ann: Subject = {
    id: 'ann',
    name: 'ann',
    kind: 'service',
    roles: [],
    permissions: [],
    enabled: true,
    expires: null,
    passwordChangeRequired: false,
    groups: new Map([['clerks', 'clerks']]),
    held: [],
    scoped,
  }
  /** A turn's decisions; half of them allow it. */
  const deciding = (subjectOf: () => Subject, rightsOf: (object: ObjectRights) => ObjectRights) => {
    let next = 0
    return (decideOne: typeof lookThrough) => {
      let allowed = 0
      for (let i = 0; i < turn; i++) {
        if (decideOne(subjectOf(), rightsOf(objects[next++ % count] as ObjectRights))) allowed++
      }
      assert.equal(allowed, turn / 2)
      return turn
    }
  }
  const known = deciding(
    () => ann,
    (object) => object,
  )
  // Nothing that could be remembered of an answer: another somebody and another object each time.
  const first = deciding(
    () => ({ ...ann }),
    (object) => ({ ...object }),
  )
  // As they come from the store, whatever reading and authenticating them took.
  const read = deciding(
    () => ann,
    (object) => ({ ...object, grants: new ObjectGrants(object.grants.rows) }),
  )
  const mortise = (subject: Subject, object: ObjectRights) => decide(subject, 'Encrypt', object).allowed
  for (const [name, asked, limit] of [
    ['decide', known, 1_000_000],
    ['decide/first', first, 100_000],
    ['decide/read', read, undefined],
  ] as const) {
    await contest({
      name,
      unit: 'decisions/s',
      ours: { work: () => asked(mortise) },
      peer: { work: () => asked(lookThrough) },
      peerName: 'looking at each grant',
      ...(limit && { limit, limitName: 'decisions/s that are to be reached' }),
      check: () => assert.equal(asked(mortise), asked(lookThrough)),
    })
  }
}

/** None of which helps. */
function grantsTo(name: string): GrantRow[] {
  return Array.from({ length: grantCount }, (_, i) => ({
    object: name,
    granteeKind: i % 2 === 0 ? 'principal' : 'group',
    grantee: `${name}-${i}`,
    version: 1,
    permissions: ['Encrypt'],
    mac: Buffer.alloc(0),
  }))
}

function lookThrough({ id, groups, scoped }: Subject, { name, grants }: ObjectRights): boolean {
  for (const { granteeKind, grantee, permissions } of grants.rows) {
    const reaches = granteeKind === 'group' ? groups.has(grantee) : grantee === id
    if (reaches && permissions.includes('Encrypt')) return true
  }
  for (const { scope, permissions } of scoped) {
    if ('namePrefix' in scope && name?.startsWith(scope.namePrefix) && permissions.includes('Encrypt'))
      return true
  }
  return false
}

/** JWTs of an outside issuer: one that was seen before, and its signature and claims looked at each time. */
async function verifying(contest: (contest: Contest) => Promise<void>, manager: KeyManager): Promise<void> {
  const algorithm = 'ES256'
  const { privateKey, publicKey } = await generateKeyPair(algorithm)
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: algorithm }
  const keys = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })))
  await once(keys.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`
  const audience = 'mortise'
  const connection = await manager.asHost().createConnection({
    name: 'issuer',
    kind: 'oidc',
    registers: true,
    settings: { issuer, jwks: `${issuer}/keys`, audiences: [audience], subjectClaim: 'sub' },
  })
  const text = await new SignJWT({ sub: 'ann' })
    .setProtectedHeader({ alg: algorithm, kid: jwk.kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey)
  const keySet = createLocalJWKSet({ keys: [jwk] })
  const jose = async () => {
    const { payload } = await jwtVerify(text, keySet, { issuer, audience, algorithms: [algorithm] })
    return payload.sub === 'ann' ? 1 : 0
  }
  const { principal } = await manager.authenticate({ token: text }, door)
  // The connection is known here already.
  const login = new OidcLogin(systemClock, {} as Connections, longestToken)
  const row = {
    unit: 'tokens/s',
    peer: { work: jose },
    peerName: `jose, jwtVerify of the same token (${algorithm}) with the same key set`,
  }
  // As the server does: what another process may have changed is looked up again.
  const known = async () => {
    for (let i = 0; i < turn; i++) {
      const session = manager.recognise(text, door) ?? (await manager.authenticate({ token: text }, door))
      assert.equal(session.principal.id, principal.id)
    }
    return turn
  }
  await contest({
    ...row,
    name: 'token/verify',
    ours: { work: known },
    check: async () => {
      assert.equal(await known(), turn)
      assert.equal(await jose(), 1)
    },
  })
  const first = async () => {
    const { subject } = await login.verify({ token: text }, connection as Connection<'oidc'>)
    return subject === 'ann' ? 1 : 0
  }
  await contest({
    ...row,
    name: 'token/verify/first',
    ours: { work: first },
    check: async () => {
      assert.equal(await first(), 1)
      await assert.rejects(
        login.verify({ token: `${text.slice(0, -4)}AAAA` }, connection as Connection<'oidc'>),
      )
    },
  })
  keys.close()
}

/** Passwords against argon2id alone, which as many do at once as there are processors, while the logins of others are recorded. */
async function loggingIn(manager: KeyManager): Promise<Contest> {
  const processors = availableParallelism()
  const lanes = 4 * processors
  const password = 'correct horse battery staple'
  const host = manager.asHost()
  const names = Array.from({ length: lanes }, (_, i) => `bench${i}`)
  for (const name of names) {
    const { id } = await host.createPrincipal({ name })
    await host.setPassword(id, password)
  }
  const hashed = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })
  let next = 0
  const logIn = async () => {
    const name = names[next++ % lanes] as string
    const session = await manager.authenticate({ name, password }, door)
    return session.principal.name === name ? 1 : 0
  }
  const raw = {
    work: async () => ((await verify(hashed, password)) ? 1 : 0),
    lanes: processors,
  }
  return {
    name: 'login',
    unit: 'logins/s',
    ours: { work: logIn, lanes },
    peer: raw,
    peerName: `argon2id alone at the same cost, ${processors} at once`,
    watchLoop: true,
    check: async () => {
      assert.equal(await logIn(), 1)
      assert.equal(await raw.work(), 1)
      await assert.rejects(manager.authenticate({ name: 'bench0', password: 'wrong' }, door))
    },
  }
}
