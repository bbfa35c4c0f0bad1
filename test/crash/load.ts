/**
 * What runs in the process that is killed: it works, and prints each fact once it was acknowledged.
 * `node load.js DIRECTORY ROOT-KEY [once]`; `once` does everything once and ends.
 */

import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  randomInt,
} from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { replaceCertificate } from '../../lib/ca/index.js'
import {
  addApplication,
  addGatewayPolicy,
  addKeyMapping,
  addSubscription,
  deleteOAuthScope,
  registerApi,
  registerOAuthScope,
  removeApi,
  removeApplication,
  removeGatewayPolicy,
  removeKeyMapping,
  removeSubscription,
  setApi,
  setApplication,
  setGatewayPolicy,
  setKeyMapping,
  setOAuthScope,
  setSubscription,
} from '../../lib/core/index.js'
import {
  isMortiseError,
  type KeyInfo,
  type KeyManager,
  openKeyManager,
  type Session,
  toPem,
} from '../../lib/index.js'
import { createKeymanagerRandomKey } from '../../lib/keymanager/index.js'
import { native } from '../../lib/native/index.js'
import { buildOcspRequest, parseCertificate } from '../../lib/x509/index.js'
import { Authenticator } from '../support/authenticator.js'
import { keyserviceOf, newService } from '../support/keyservice.js'
import { Mosip } from '../support/mosip.js'
import { softhsmToken } from '../support/softhsm.js'
import { totpOf } from '../support/totp.js'
import type { Fact } from './fact.js'
import { type Answer, passphrase, type Question, tokenName } from './questions.js'

const [directory = '', hex = '', mode = ''] = process.argv.slice(2)

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Synchronously, so that nothing that was acknowledged is lost on its way. */
function print(fact: Fact): void {
  const line = Buffer.from(`${JSON.stringify(fact)}\n`)
  for (let sent = 0; sent < line.length; ) {
    try {
      sent += writeSync(1, line, sent)
    } catch (error) {
      // Whoever reads is behind.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

const nonceOf = (record: Buffer) => record.toString('hex', 5, record[0] === 1 ? 29 : 17)
const data = Buffer.from('data')

/** Does something that changes an answer; meanwhile the answer is open. */
async function change<T>(
  operation: string,
  question: Question,
  answer: Answer,
  work: () => Promise<T>,
  key?: string,
): Promise<T> {
  print({ answer: [question, null] })
  const done = await work()
  print({ operation, answer: [question, answer], ...(key !== undefined && { key }) })
  return done
}

/** The life of one key. */
async function live(session: Session, name: string): Promise<void> {
  const { id } = await session.createKey({ algorithm: 'AES', name, activate: false })
  print({ operation: 'Create', key: id, state: 'PreActive' })
  const { activated } = await session.activate(id)
  print({ operation: 'Activate', key: id })
  await session.cancelActivation(id, String(activated))
  print({ operation: 'CancelActivation', key: id, state: 'PreActive' })
  await session.activate(id)
  print({ operation: 'Activate', key: id, state: 'Active' })
  const { replacement } = await session.rekey(name)
  print({ operation: 'Rekey', key: id, state: 'Active', replacement: replacement.id })
  const { deactivated } = await session.revoke(id)
  print({ operation: 'Revoke', key: id })
  await session.cancelRevocation(id, { revoked: String(deactivated) })
  print({ operation: 'CancelRevocation', key: id, state: 'Active' })
  await session.revoke(id)
  print({ operation: 'Revoke', key: id, state: 'Deactivated' })
  await session.destroy(id)
  print({ operation: 'Destroy', key: id, state: 'Destroyed' })
  await session.log(name)
  print({ operation: 'Log' })
}

/** A pair, a key and a secret that were made elsewhere, and who may use them. */
async function share(session: Session): Promise<void> {
  const pair = await session.createKeyPair({ algorithm: 'EC' })
  const id = pair.privateKey.id
  print({ operation: 'CreateKeyPair', key: id, state: 'Active' })
  print({ key: pair.publicKey.id, state: 'Active' })
  const signer = await session.openSigner(id)
  print({ operation: 'OpenSigner', key: id })
  await signer.close()
  const verifier = await session.openVerifier(pair.publicKey.id)
  print({ operation: 'OpenVerifier', key: pair.publicKey.id })
  await verifier.close()
  const { replacement } = await session.rekey(id)
  print({ operation: 'Rekey', key: id, state: 'Active', replacement: replacement.id })
  const secret = await session.registerObject({ type: 'SecretData', material: randomBytes(20) })
  print({ operation: 'Register', key: secret.id, state: 'Active' })
  const registered = await session.register({ format: 'raw', algorithm: 'AES', material: randomBytes(32) })
  const { id: key } = registered
  print({ operation: 'Register', key, state: 'Active' })
  const elsewhere = await session.registerElsewhere({ type: 'SymmetricKey', algorithm: 'AES' })
  print({ operation: 'RegisterElsewhere', key: elsewhere.id, state: 'Active' })
  const everyone = { everyone: true } as const
  const granted = ['granted', key] as const
  await change('Grant', granted, true, () => session.grant(key, everyone, ['Encrypt']), key)
  await change('Withdraw', granted, false, () => session.withdraw(key, everyone), key)
  await session.revoke(key, 'KeyCompromise')
  print({ operation: 'Revoke', key, state: 'Compromised' })
  await session.revoke(id)
  print({ operation: 'Revoke', key: id, state: 'Deactivated' })
  const doomed = ['doomed', id] as const
  await change('Destroy', doomed, true, () => session.destroy(id, { afterDays: 30 }), id)
  await change('CancelDestroy', doomed, false, () => session.cancelDestroy(id), id)
}

/** What is noted of a key, and how it is put away. */
async function describe(session: Session): Promise<void> {
  const limits = { total: 10, unit: 'Object' }
  const { id } = await session.createKey({ algorithm: 'AES', attributes: { UsageLimits: limits } })
  print({ operation: 'Create', key: id, state: 'Active' })
  const comment = ['comment', id] as const
  await change('AddAttribute', comment, 'a', () => session.addAttribute(id, 'Comment', 'a'), id)
  await change('ModifyAttribute', comment, 'b', () => session.modifyAttribute(id, 'Comment', 'b'), id)
  await change('SetAttribute', comment, 'c', () => session.setAttribute(id, 'Comment', 'c'), id)
  await change('DeleteAttribute', comment, false, () => session.deleteAttribute(id, 'Comment'), id)
  await change('Archive', ['archived', id], true, () => session.archive(id), id)
  await change('Recover', ['archived', id], false, () => session.recover(id), id)
  const unspent = ['unspent', id] as const
  await change('GetUsageAllocation', unspent, false, () => session.getUsageAllocation(id, 10), id)
}

/** A key that somebody else has made on a token is taken over, and destroyed there. */
async function takeOver(km: KeyManager, administrator: Session): Promise<void> {
  const id = randomBytes(16).toString('hex')
  const made = { id: Buffer.from(id, 'hex'), label: 'of somebody', usages: ['encrypt', 'decrypt'] } as const
  const token = await native.openPkcs11(softhsmToken(tokenName))
  await token.generateSecret('AES', 256, made)
  await token.close()
  const there = ['onToken', tokenName, id] as const
  const address = `pkcs11:token=${tokenName};id=${id.replace(/../g, '%$&')}`
  const [adopted] = await change('Adopt', there, true, () => administrator.adopt({ key: address }))
  const key = adopted?.id ?? ''
  print({ key, state: 'Active' })
  await administrator.revoke(key)
  print({ operation: 'Revoke', key, state: 'Deactivated' })
  print({ answer: [there, null] })
  await administrator.destroy(key)
  print({ operation: 'Destroy', key, state: 'Destroyed' })
  await change('DestroyOnToken', there, false, () => km.runDueJobs(), key)
}

/** What falls due on a day: a rotation, which is set, called off and set again, and a destruction. */
async function schedule(session: Session): Promise<void> {
  const { id } = await session.createKey({ algorithm: 'AES' })
  print({ operation: 'Create', key: id, state: 'Active' })
  const rotated = ['rotated', id] as const
  // Each within the days after which it is looked at what became of it.
  await change('SetRotation', rotated, true, () => session.setRotation(id, { interval: '25d' }), id)
  await change('RemoveRotation', rotated, false, () => session.removeRotation(id), id)
  await change('SetRotation', rotated, true, () => session.setRotation(id, { interval: '20d' }), id)
  const { id: spent } = await session.createKey({ algorithm: 'AES', activate: false })
  print({ operation: 'Create', key: spent, state: 'PreActive' })
  const doomed = ['doomed', spent] as const
  await change('Destroy', doomed, true, () => session.destroy(spent, { afterDays: 7 }), spent)
}

/** Keys that are made of keys, and let out. */
async function make(session: Session): Promise<void> {
  const usage = ['DeriveKey', 'Encrypt', 'Decrypt'] as const
  const { id: base } = await session.createKey({ algorithm: 'AES', usage, extractable: true })
  print({ operation: 'Create', key: base, state: 'Active' })
  const { id: derived } = await session.deriveKey(base, { algorithm: 'AES', info: data })
  print({ operation: 'DeriveKey', key: derived, state: 'Active' })
  const children = await session.deriveKeys(base, [data, Buffer.from('other')], { algorithm: 'HMAC-SHA-256' })
  print({ operation: 'DeriveKeys', key: base })
  for (const { id } of children) print({ key: id, state: 'Active' })
  const mac = await session.openMac(children[0]?.id ?? '')
  print({ operation: 'OpenMAC', key: children[0]?.id ?? '' })
  await mac.close()
  const shares = await session.splitKey(base, { parts: 2 })
  print({ operation: 'CreateSplitKey' })
  for (const { id } of shares) print({ key: id, state: 'Active' })
  const { id: joined } = await session.joinSplitKey(shares.map(({ id }) => id))
  print({ operation: 'JoinSplitKey', key: joined, state: 'Active' })
  await session.export(base)
  print({ operation: 'Export', key: base })
}

/** A data key, which is kept wrapped and comes back. */
async function wrap(session: Session): Promise<void> {
  const { id } = await session.createKey({ algorithm: 'AES', usage: ['WrapKey', 'UnwrapKey'] })
  print({ operation: 'Create', key: id, state: 'Active' })
  const { cipher, wrapped } = await session.generateDataKey(id)
  print({ operation: 'GenerateDataKey', key: id })
  const record = cipher.seal(data)
  print({ nonces: [nonceOf(record)] })
  await cipher.close()
  const again = await session.decryptDataKey(id, wrapped)
  print({ operation: 'DecryptDataKey', key: id })
  if (!again.open(record).equals(data)) throw new Error('the data key is another one')
  await again.close()
}

/** The lives of principals. */
async function govern(administrator: Session, name: string): Promise<void> {
  const enabled = ['enabled', name] as const
  await administrator.createPrincipal({ name })
  print({ operation: 'CreatePrincipal', answer: [enabled, true] })
  const first = await administrator.createToken({ principal: name })
  print({ operation: 'CreateToken', answer: [['token', first.text], true] })
  await change('RevokeToken', ['token', first.text], false, () =>
    administrator.revokeToken(first.id, { own: false }),
  )
  const second = await administrator.createToken({ principal: name })
  print({ operation: 'CreateToken', answer: [['token', second.text], true] })
  await change('SetPassword', ['token', second.text], false, () =>
    administrator.setPassword(name, 'a password for tests'),
  )
  await change('SetPrincipal', enabled, false, () => administrator.setPrincipal(name, { enabled: false }))
}

/** What somebody does about the own account. */
async function own(km: KeyManager, administrator: Session, name: string): Promise<void> {
  const [before, after] = ['a password for tests', 'another password for tests']
  await administrator.createPrincipal({ name })
  await administrator.setPassword(name, before)
  print({ operation: 'SetPassword', answer: [['password', name, before], true] })
  const session = await km.as(name)
  const { token: login } = await session.logIn()
  print({ operation: 'LogIn', answer: [['token', login.text], true] })
  const { token: ticket } = await session.openTicket({ lifetime: 60_000, requests: 2 })
  const holder = await km.authenticate({ ticket: ticket.text }, { face: 'crash', request: name })
  await holder.spendTicket({ requests: 1 })
  print({ operation: 'SpendTicket' })
  const token = await session.createToken()
  print({ operation: 'CreateOwnToken', answer: [['token', token.text], true] })
  await change('RevokeOwnToken', ['token', token.text], false, () => session.revokeToken(token.id))
  print({ answer: [['password', name, before], null] })
  await change('SetOwnPassword', ['token', login.text], false, () => session.setOwnPassword(before, after))
  print({ answer: [['password', name, before], false] })
  print({ answer: [['password', name, after], true] })
}

/** The second factors of somebody, and who needs one. */
async function secure(administrator: Session, name: string): Promise<void> {
  await administrator.createPrincipal({ name })
  const session = await km.as(name)
  const factors = ['factors', name] as const
  const { id, uri } = await session.enrolTotp()
  print({ operation: 'EnrolTotp' })
  const code = totpOf(uri)
  await change('ConfirmTotp', factors, 1, () => session.confirmTotp(id, code))
  const creation = await session.beginPasskey()
  const authenticator = new Authenticator(passkeys.rpId, origin)
  const registration = authenticator.create(creation)
  const { challenge } = creation
  await change('FinishPasskey', factors, 2, () => session.finishPasskey({ challenge, registration }))
  const [recovery = ''] = await session.newRecoveryCodes()
  print({ operation: 'NewRecoveryCodes', answer: [['codes', name], 10] })
  const asked = await session.challengeFactor()
  const answer = { challenge: asked.challenge, recovery }
  await change('ProveFactor', ['codes', name], 9, () => session.proveFactor(answer))
  await change('RemoveOwnFactor', factors, 1, () => session.removeFactor(id))
  const [passkey] = (await session.factors()).factors
  // With the last factor the codes go.
  print({ answer: [['codes', name], null] })
  await change('RemoveFactor', factors, 0, () => administrator.removeFactor(passkey?.id ?? '', name))
  const policy = ['factorPolicy', name] as const
  const stated = { name, principals: [name] }
  await change('SetFactorPolicy', policy, true, () => administrator.setFactorPolicy(stated))
  await change('DeleteFactorPolicy', policy, false, () => administrator.deleteFactorPolicy(name))
}

/** Who is behind a principal, and how it comes in. */
async function enrol(km: KeyManager, administrator: Session, name: string): Promise<void> {
  // Once in the life of a store.
  const { records } = await administrator.audit({ operation: 'IndexUsers', outcome: 'success', limit: 1 })
  await administrator.users()
  if (records.length === 0 && mode === 'once') print({ operation: 'IndexUsers' })
  const password = 'a password for tests'
  const email = ['email', name] as const
  await change('CreatePrincipal', email, 'a', () =>
    administrator.createPrincipal({ name, password, email: 'a' }),
  )
  await change('SetPrincipal', email, 'b', () => administrator.setPrincipal(name, { email: 'b' }))
  const oneself = await km.as(name)
  await oneself.setOwnUser({ fullName: 'a' })
  print({ operation: 'SetOwnUser' })
  const connection = name
  const registers = ['registers', connection] as const
  const settings = { issuer: 'https://id.example.org' }
  await change('CreateConnection', registers, 'false', () =>
    administrator.createConnection({ name: connection, kind: 'oidc', settings }),
  )
  await change('SetConnection', registers, 'true', () =>
    administrator.setConnection(connection, { registers: true }),
  )
  const identity = { connection, subject: '1' }
  const linked = ['linked', name, '1'] as const
  await change('LinkIdentity', linked, true, () =>
    administrator.linkIdentity({ ...identity, principal: name }),
  )
  await change('UnlinkIdentity', linked, false, () => administrator.unlinkIdentity(identity))
  const proof = { ...identity, subject: '2', profile: { username: `${name}-2` } }
  const admitted = ['linked', `${name}-2`, '2'] as const
  await change('AdmitIdentity', admitted, true, () => km.enter(proof, { face: 'test', request: '1' }))
  await change('UnlinkIdentity', admitted, false, () =>
    administrator.unlinkIdentity({ connection, subject: '2' }),
  )
  await change('DeleteConnection', registers, false, () => administrator.deleteConnection(connection))
  const policy = ['policy', name] as const
  await change('CreatePasswordPolicy', policy, 12, () => administrator.createPasswordPolicy({ name }))
  await change('SetPasswordPolicy', policy, 13, () =>
    administrator.setPasswordPolicy(name, { minimumLength: 13 }),
  )
  await change('DeletePasswordPolicy', policy, false, () => administrator.deletePasswordPolicy(name))
  const { session, token, refreshToken } = await oneself.logIn({ refresh: { rotates: false } })
  print({ operation: 'LogIn', answer: [['token', token.text], true] })
  const refresh = { refreshToken: refreshToken?.text ?? '' }
  const again = await km.refresh(refresh, { face: 'test', request: '1' })
  print({ operation: 'RefreshLogin', answer: [['token', again.token.text], true] })
  await change('EndOwnSession', ['token', again.token.text], false, () => oneself.endSession(session.id))
  print({ answer: [['token', token.text], false] })
  const other = await oneself.logIn()
  const ended = ['token', other.token.text] as const
  await change('EndSession', ended, false, () => administrator.endSession(other.session.id, { own: false }))
  await change('DeletePrincipal', email, false, () => administrator.deletePrincipal(name))
  await administrator.deletePrincipal(`${name}-2`)
  print({ operation: 'DeletePrincipal' })
}

/** An OAuth client, its secrets and its tokens. */
async function grant(km: KeyManager, administrator: Session, name: string): Promise<void> {
  const door = { face: 'test', request: '1' }
  const issue = async (secret: string) => {
    const proof = { client: name, secret, method: 'client_secret_post' } as const
    const { text } = await km.grantToken(
      proof,
      { grant: 'client_credentials', issuer: 'https://km.example.org' },
      door,
    )
    print({ operation: 'IssueAccessToken', answer: [['token', text], true] })
    return text
  }
  await administrator.renewTokenKey()
  print({ operation: 'RenewTokenKey' })
  const { secret } = await administrator.createClient({ name })
  print({ operation: 'CreateClient', answer: [['enabled', name], true] })
  print({ answer: [['secret', name, secret.text], true] })
  const first = await issue(secret.text)
  const again = await change('RotateClientSecret', ['token', first], false, () => {
    print({ answer: [['secret', name, secret.text], null] })
    return administrator.rotateClientSecret(name)
  })
  print({ answer: [['secret', name, secret.text], false] })
  const proof = { client: name, secret: again.secret.text, method: 'client_secret_post' } as const
  const third = await issue(again.secret.text)
  const shown = { showsSecrets: true, registers: true }
  const registered = await administrator.createClient({ name: `${name}-2`, ...shown })
  await administrator.setClient(`${name}-2`, { tokenFormat: 'opaque' })
  print({ operation: 'SetClient' })
  await administrator.clientSecrets(`${name}-2`)
  print({ operation: 'GetClientSecrets' })
  const itself = await km.authenticateRegistration(`${name}-2`, registered.registrationToken ?? '', door)
  await itself.setOwnClient({ displayName: 'itself' })
  print({ operation: 'SetOwnClient' })
  await change('RemoveClientSecret', ['secret', `${name}-2`, registered.secret.text], false, () =>
    administrator.removeClientSecret(`${name}-2`, registered.secret.id),
  )
  await itself.deleteOwnClient()
  print({ operation: 'DeleteOwnClient' })
  const user = { name: `${name}-user`, password: 'Correct-Horse-Battery-9' }
  await administrator.createPrincipal(user)
  await administrator.setClient(name, { grants: ['client_credentials', 'password', 'refresh_token'] })
  const issuer = 'https://km.example.org'
  const login = { grant: 'password', issuer, username: user.name, password: user.password } as const
  const { refreshToken } = await km.grantToken(proof, login, door)
  const going = { grant: 'refresh_token', issuer, refreshToken: refreshToken ?? '' } as const
  await km.grantToken(proof, going, door)
  print({ operation: 'RefreshAccessToken' })
  await administrator.deletePrincipal(user.name)
  await change('RevokeAccessToken', ['token', third], false, async () =>
    (await km.authenticateClient(proof, door)).revokeAccessToken(third),
  )
  const second = await issue(again.secret.text)
  print({ answer: [['token', second], null] })
  await change('SetPrincipal', ['enabled', name], false, () =>
    administrator.setPrincipal(name, { enabled: false }),
  )
  print({ answer: [['token', second], false] })
}

/** What gateways are told of. */
async function sell(administrator: Session, name: string): Promise<void> {
  const scope = ['oauthScope', name] as const
  const named = (description: string) => ({ name, description })
  await change('RegisterOAuthScope', scope, 'a', () => administrator.run(registerOAuthScope, named('a')))
  await change('SetOAuthScope', scope, 'b', () =>
    administrator.run(setOAuthScope, { scope: name, description: 'b' }),
  )
  await change('DeleteOAuthScope', scope, false, () => administrator.run(deleteOAuthScope, { scope: name }))
  const uuid = name
  const keyed = { key: name }
  const place = { context: `/${name}`, version: '1' }
  const api = ['api', name] as const
  await change('RegisterApi', api, 'a', () => administrator.run(registerApi, { uuid, name: 'a', ...place }))
  await change('SetApi', api, 'b', () => administrator.run(setApi, { ...keyed, name: 'b', ...place }))
  const application = ['application', name] as const
  const of = { subName: name }
  await change('AddApplication', application, 'a', () =>
    administrator.run(addApplication, { uuid, name: 'a', ...of }),
  )
  await change('SetApplication', application, 'b', () =>
    administrator.run(setApplication, { ...keyed, name: 'b', ...of }),
  )
  const mapping = ['keyMapping', name] as const
  const mapped = { applicationUUID: uuid }
  await change('AddKeyMapping', mapping, 'PRODUCTION', () =>
    administrator.run(addKeyMapping, { consumerKey: name, ...mapped }),
  )
  await change('SetKeyMapping', mapping, 'SANDBOX', () =>
    administrator.run(setKeyMapping, { ...keyed, ...mapped, keyType: 'SANDBOX' }),
  )
  const subscription = ['subscription', name] as const
  const both = { apiUUId: uuid, appUUID: uuid }
  await change('AddSubscription', subscription, 'UNBLOCKED', () =>
    administrator.run(addSubscription, { subscriptionUUId: uuid, ...both }),
  )
  await change('SetSubscription', subscription, 'BLOCKED', () =>
    administrator.run(setSubscription, { ...keyed, subscriptionState: 'BLOCKED' }),
  )
  const policy = ['gatewayPolicy', name] as const
  const type = 'api'
  await change('AddGatewayPolicy', policy, `${name} a`, () =>
    administrator.run(addGatewayPolicy, { uuid, type, name: `${name} a` }),
  )
  await change('SetGatewayPolicy', policy, `${name} b`, () =>
    administrator.run(setGatewayPolicy, { ...keyed, name: `${name} b` }),
  )
  await change('RemoveGatewayPolicy', policy, false, () => administrator.run(removeGatewayPolicy, keyed))
  await change('RemoveSubscription', subscription, false, () => administrator.run(removeSubscription, keyed))
  await change('RemoveKeyMapping', mapping, false, () => administrator.run(removeKeyMapping, keyed))
  await change('RemoveApplication', application, false, () => administrator.run(removeApplication, keyed))
  await change('RemoveApi', api, false, () => administrator.run(removeApi, keyed))
}

/** Groups, roles and scopes. */
async function organise(administrator: Session, name: string): Promise<void> {
  const group = ['group', name] as const
  await change('CreateGroup', group, 'a', () => administrator.createGroup({ name, description: 'a' }))
  await change('SetGroup', group, 'b', () => administrator.setGroup(name, { description: 'b' }))
  const member = ['member', name, 'ann'] as const
  await change('AddMember', member, true, () => administrator.addMember(name, 'ann'))
  await change('RemoveMember', member, false, () => administrator.removeMember(name, 'ann'))
  await change('DeleteGroup', group, false, () => administrator.deleteGroup(name))
  const role = ['role', name] as const
  await change('CreateRole', role, 'a', () => administrator.createRole({ name, description: 'a' }))
  await change('SetRole', role, 'b', () => administrator.setRole(name, { description: 'b' }))
  await change('DeleteRole', role, false, () => administrator.deleteRole(name))
  await administrator.createPrincipal({ name })
  const [scope, principal] = [{ namePrefix: name }, { principal: name }]
  const granted = ['scope', name] as const
  await change('GrantOnScope', granted, true, () => administrator.grantOnScope(scope, principal, ['Get']))
  await change('WithdrawOnScope', granted, false, () => administrator.withdrawOnScope(scope, principal))
}

/** What another must approve. The host sets the policy, because one that a life has left behind would want approvals of its own. */
async function agree(km: KeyManager, administrator: Session, owner: Session, name: string): Promise<void> {
  await administrator.createPrincipal({ name })
  await administrator.createGroup({ name, members: [name] })
  const officer = await km.as(name)
  const policy = { act: 'Destroy', scope: { namePrefix: 'agreed-' } } as const
  await change('SetQuorumPolicy', ['quorum'], name, () =>
    km.asHost().setQuorumPolicy({ ...policy, group: name, approvals: 1 }),
  )
  const { id } = await owner.createKey({ algorithm: 'AES', name: `agreed-${name}`, activate: false })
  print({ operation: 'Create', key: id, state: 'PreActive' })
  const first = await asked(() => owner.destroy(id))
  await change('RejectQuorumRequest', ['request', first], false, () => officer.reject(first), id)
  const second = await asked(() => owner.destroy(id))
  await change('ApproveQuorumRequest', ['request', second], 1, () => officer.approve(second), id)
  await change('Destroy', ['request', second], false, () => owner.destroy(id), id)
  print({ key: id, state: 'Destroyed' })
  const removal = await asked(() => administrator.removeQuorumPolicy(policy))
  await change('ApproveQuorumRequest', ['request', removal], 1, () => officer.approve(removal))
  print({ answer: [['request', removal], null] })
  await change('RemoveQuorumPolicy', ['quorum'], false, () => administrator.removeQuorumPolicy(policy))
}

/** The request for approvals that something is refused for. */
async function asked(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_QUORUM_REQUIRED')) throw error
    const request = String(error.details['quorum'])
    print({ answer: [['request', request], 0] })
    return request
  }
  throw new Error('it was done without approvals')
}

/** An authority, one below it, and a certificate of its; one of elsewhere, and a profile. */
async function certify(administrator: Session, name: string): Promise<void> {
  const of = ['authority', name] as const
  const { id } = await administrator.createAuthority({ name, subject: `CN=${name}` })
  print({ operation: 'CreateAuthority', key: id, answer: [of, 'pending'] })
  const root = await change('SelfSign', of, 'active', () => administrator.selfSign(name), id)
  await change('RenewAuthority', of, 'active', () => administrator.renewAuthority(name), id)
  const setting = (enabled: boolean) => administrator.setAuthority(name, { enabled })
  await change('SetAuthority', of, 'disabled', () => setting(false), id)
  await change('SetAuthority', of, 'active', () => setting(true), id)
  const { request } = await administrator.createCertificateRequest({ subject: `CN=${name}` })
  print({ operation: 'CreateCertificateRequest' })
  const issued = await administrator.certify(name, { profile: 'client', request })
  print({ operation: 'IssueCertificate', key: id })
  const kept = await administrator.certifyObject(
    name,
    { profile: 'client', request },
    { name: `${name}-kept` },
  )
  print({ operation: 'IssueCertificate', key: id })
  print({ operation: 'CertificateIssued', key: id })
  print({ key: kept.object ?? '', state: 'Active' })
  const wanted = { profile: 'client', subject: `CN=${name}` }
  await administrator.certifyPair(name, wanted, { format: 'pkcs8' })
  print({ operation: 'CreatePairToCertify' })
  print({ operation: 'IssueCertificate', key: id })
  print({ operation: 'CertificateIssued', key: id })
  const certificate = ['certificate', name, issued.id] as const
  print({ operation: 'CertificateIssued', key: id, answer: [certificate, 'active'] })
  const hold = () => administrator.revokeCertificate(name, issued.id, 'certificateHold')
  await change('RevokeCertificate', certificate, 'held', hold, id)
  const resume = () => administrator.resumeCertificate(name, issued.id)
  await change('ResumeCertificate', certificate, 'active', resume, id)
  const replace = () => administrator.run(replaceCertificate, { authority: name, certificate: issued.id })
  await change('ReplaceCertificate', certificate, 'revoked', replace, id)
  await administrator.createCrl(name)
  print({ operation: 'CreateCRL', key: id, answer: [['crl', name], true] })
  const issuer = parseCertificate(root.certificate ?? '')
  await km.publisher.ocsp(id, buildOcspRequest([{ issuer, serialNumber: issued.serial }]))
  print({ operation: 'RenewOCSPSigner', key: id })
  const remove = () => administrator.deleteCertificate(name, issued.id)
  await change('DeleteCertificate', certificate, false, remove, id)

  const below = await administrator.createAuthority({ name: `${name} below`, subject: `CN=below ${name}` })
  const child = ['authority', `${name} below`] as const
  print({ operation: 'CreateAuthority', key: below.id, answer: [child, 'pending'] })
  const signed = await administrator.certify(name, { profile: 'ca', request: below.request ?? '' })
  const install = () => administrator.installCertificate(below.id, { certificate: signed.certificate ?? '' })
  await change('InstallCertificate', child, 'active', install, below.id)
  const elsewhere = { name: `${name} elsewhere`, certificate: root.certificate ?? '' }
  const external = await administrator.registerAuthority(elsewhere)
  print({
    operation: 'RegisterAuthority',
    key: external.id,
    answer: [['authority', elsewhere.name], 'active'],
  })
  const profile = ['profile', name] as const
  await change('SetCertificateProfile', profile, 9, () =>
    administrator.setCertificateProfile(name, { days: 9 }),
  )
  await change('DeleteCertificateProfile', profile, false, () => administrator.deleteCertificateProfile(name))
  print({ answer: [['crl', name], null] })
  await change('DeleteAuthority', of, false, () => administrator.deleteAuthority(name), id)
}

/** What a user of a real service keeps. */
async function keep(km: KeyManager, administrator: Session, name: string): Promise<void> {
  const service = await administrator.addKeyserviceService(newService(name))
  print({ operation: 'KeyserviceAddService', answer: [['enabled', name], true] })
  const keyservice = await keyserviceOf(km)
  const initToken = await keyservice.init()
  print({ operation: 'KeyserviceInit' })
  const client = await keyservice.connect(service, initToken, name)
  print({ operation: 'KeyserviceConnect' })
  const kept = ['kept', client.keyId, client.secret] as const
  await change('KeyservicePut', kept, 'one', () => keyservice.put(client, 'one'))
  await keyservice.get(client)
  print({ operation: 'KeyserviceGet' })
  await change('KeyservicePut', kept, 'two', () => keyservice.put(client, 'two'))
  await change('KeyserviceRestore', kept, 'one', () => administrator.restoreKeyservice('site', name))
  await change('KeyserviceForget', kept, false, () => administrator.forgetKeyservice('site', name))
}

let root = hex

/** The keys of the store itself, and copies of it. */
async function renew(administrator: Session, name: string): Promise<void> {
  const next = randomBytes(32).toString('hex')
  print({ roots: [root, next] })
  await administrator.rotateRoot({ hex: next }, (step) => {
    if (step === 'wrapped') print({ operation: 'AddRootKey' })
  })
  root = next
  print({ operation: 'RemoveRootKeys', roots: [root] })
  await administrator.rotateKeyring()
  print({ operation: 'RotateKeyring' })
  for (let after: string | null | undefined; after !== null; ) {
    const page = await administrator.reseal(after === undefined ? {} : { after })
    print({ operation: 'Reseal' })
    after = page.next
  }
  await administrator.retireKeyring()
  print({ operation: 'RetireKeyring' })
  await administrator.checkpoint()
  print({ operation: 'AuditCheckpoint' })
  const file = join(directory, `${name}.backup`)
  await administrator.backup(file, { passphrase })
  print({ operation: 'Backup' })
  print({ operation: 'BackupTaken', answer: [['backup', file], true] })
}

/** The keys of an application: of its first certifier, of two layers below, of somebody else. */
async function apply(administrator: Session, name: string): Promise<void> {
  const { keymanager } = administrator
  const application = name.replaceAll(/[^\w]/g, '.')
  const root = { application: 'ROOT', reference: '' }
  const module = { application, reference: '' }
  const made = async (operation: string, work: Promise<KeyInfo>) => {
    const { privateKey, publicKey, certificate, ...key } = await work
    print({ operation, key: privateKey ?? certificate, state: 'Active' })
    for (const one of [publicKey, certificate]) print({ key: one, state: 'Active' })
    return key
  }
  if ((await keymanager.keys(root)).length === 0) {
    await made('CreateKeymanagerRoot', keymanager.createRoot())
    await keymanager.admit(root, { principal: administrator.principal.id })
    print({ operation: 'Grant' })
  }
  await keymanager.setPolicy(application, { days: 100, preExpireDays: 10 })
  print({ operation: 'SetKeymanagerPolicy' })
  await made('CreateKeymanagerKey', keymanager.makeKey(module))
  await made('CreateKeymanagerKey', keymanager.makeKey({ application, reference: 'BASE' }))
  const { x509 } = await made('RenewKeymanagerKey', keymanager.makeKey(module, { force: true }))
  await keymanager.request(module)
  print({ operation: 'CreateKeymanagerRequest' })
  const pem = toPem('x509', x509.der)
  const partner = await keymanager.registerCertificate({ application, reference: 'PARTNER' }, pem)
  print({ operation: 'RegisterKeymanagerCertificate', key: partner.certificate, state: 'Active' })
  await keymanager.installCertificate(module, pem)
  print({ operation: 'InstallKeymanagerCertificate' })
  const mosip = new Mosip()
  const above = mosip.add('ROOT', '')
  mosip.add(application, 'ED25519_SIGN', { parent: above, place: 'database', kind: 'ed25519' })
  const left = { dump: mosip.dump('copy'), keystore: mosip.keystore('secret'), password: 'secret' }
  await keymanager.moveFromMosip(left, { principal: administrator.principal.id })
  print({ operation: 'ImportKeymanagerKeys' })
  await trust(administrator, application)
}

/** What belongs to no application, and a key that moves in. */
async function trust(administrator: Session, application: string): Promise<void> {
  const { keymanager } = administrator
  const { partners, secrets, licenses } = keymanager
  const authority = await administrator.createAuthority({
    name: `partners ${application}`,
    subject: `CN=${application}`,
  })
  const { certificate = '' } = await administrator.selfSign(authority.id, { days: 3650 })
  await partners.trust('AUTH', certificate ?? '')
  print({ operation: 'TrustKeymanagerAuthorities' })
  const pair = await administrator.certifyPair(
    authority.id,
    { profile: 'client', subject: `CN=partner,O=${application}`, days: 390 },
    { algorithm: 'RSA', length: 2048, format: 'pkcs8' },
  )
  const pms = { application: 'PMS', reference: '' }
  await keymanager.makeKey(pms)
  await partners.certify('AUTH', application, pair.certificate.certificate ?? '')
  print({ operation: 'CertifyKeymanagerPartner' })
  await secrets.make({ application: 'KERNEL', reference: 'IDENTITY_CACHE' }, true)
  print({ operation: 'CreateKeymanagerSecret' })
  const cache = 'keymanager/secret/KERNEL/IDENTITY_CACHE'
  await administrator.run(createKeymanagerRandomKey, { object: cache, index: randomInt(10_000) })
  print({ operation: 'CreateKeymanagerRandomKey' })
  const { x509 } = await keymanager.key(pms)
  const to = {
    key: createPublicKey({ key: Buffer.from(x509.publicKey.der), format: 'der', type: 'spki' }),
    oaepHash: 'sha256',
  }
  await secrets.import(pms, [
    { index: randomInt(10_000, 2 ** 31), encrypted: publicEncrypt(to, randomBytes(32)) },
  ])
  print({ operation: 'ImportKeymanagerRandomKeys' })
  const [session, iv] = [randomBytes(32), randomBytes(16)]
  const cipher = createCipheriv('aes-256-gcm', session, iv)
  const pkcs8 = createPrivateKey(Buffer.from(pair.key)).export({ format: 'der', type: 'pkcs8' })
  const sealed = Buffer.concat([cipher.update(pkcs8), cipher.final(), cipher.getAuthTag(), iv])
  const envelope = Buffer.concat([publicEncrypt(to, session), Buffer.from('#KEY_SPLITTER#'), sealed])
  const moved = { application: 'PMS', reference: application }
  await keymanager.migrateKey(moved, envelope, pair.certificate.certificate ?? '')
  print({ operation: 'MigrateKeymanagerKey' })
  const license = await licenses.create(application, Date.now() + 1_000_000)
  print({ operation: 'CreateKeymanagerLicense' })
  await licenses.extend(application, license, ['OTP Trigger'])
  print({ operation: 'ExtendKeymanagerLicense' })
}

/** Seals a record of each format. */
async function seal(session: Session): Promise<void> {
  for (const key of ['long', 'short']) {
    const record = await session.encrypt(key, data)
    print({ operation: 'Encrypt', key, nonces: [nonceOf(record)] })
  }
}

/** The same through a lease, until it ends because the key is sealed again. */
async function sealThroughLease(session: Session, key: string): Promise<void> {
  const cipher = await session.openCipher(key, ['encrypt'])
  print({ operation: 'OpenCipher', key })
  try {
    do {
      print({ nonces: cipher.sealBatch(Array.from({ length: 20 }, () => data)).map(nonceOf) })
      await new Promise((resolve) => setTimeout(resolve, 1))
    } while (mode !== 'once')
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_LEASE_ENDED')) throw error
  }
}

/** Lives one life after another; each has a name of its own. */
async function again(kind: string, life: (name: string) => Promise<void>): Promise<void> {
  let lives = 0
  do await life(`${kind}-${process.pid}-${++lives}`)
  while (mode !== 'once')
}

const origin = 'https://keys.example.org'
const passkeys = { rpId: 'keys.example.org' }
const tokens = process.env['SOFTHSM2_CONF'] === undefined ? [] : [softhsmToken(tokenName)]
const km = await openKeyManager({ directory, rootKey: { hex }, passkeys, tokens })
const session = await km.as('ann')
const administrator = await km.as('root')
await Promise.all([
  again('one', (name) => live(session, name)),
  again('two', (name) => live(session, name)),
  again('pair', () => share(session)),
  again('note', () => describe(session)),
  again('job', () => schedule(session)),
  again('part', () => make(session)),
  again('wrap', () => wrap(session)),
  ...tokens.map(() => again('token', () => takeOver(km, administrator))),
  again('somebody', (name) => govern(administrator, name)),
  again('oneself', (name) => own(km, administrator, name)),
  again('factor', (name) => secure(administrator, name)),
  again('user', (name) => enrol(km, administrator, name)),
  again('party', (name) => organise(administrator, name)),
  again('client', (name) => grant(km, administrator, name)),
  again('gateway', (name) => sell(administrator, name)),
  again('quorum', (name) => agree(km, administrator, session, name)),
  again('ca', (name) => certify(administrator, name)),
  again('service', (name) => keep(km, administrator, name)),
  again('application', (name) => apply(administrator, name)),
  again('copy', (name) => renew(administrator, name)),
  again('record', () => seal(session)),
  again('record', () => seal(session)),
  again('long', () => sealThroughLease(session, 'long')),
  again('short', () => sealThroughLease(session, 'short')),
])
await km.close()
