import type {
  AccessExplanation,
  AddedService,
  AddServiceInput,
  AdoptInput,
  AttributesAnswer,
  AttributeValues,
  AuditExportInput,
  AuditListInput,
  AuditPage,
  AuditPruned,
  AuditPruneInput,
  AuditSegment,
  AuditVerification,
  AuthorityInfo,
  AuthorityPage,
  BarrierStatus,
  CertificateInfo,
  CertificatePage,
  CertificateProfile,
  CertifiedPair,
  ClientPage,
  Connection,
  ConnectionChanges,
  ConnectionPage,
  ConnectionTest,
  CreateAuthorityInput,
  CreateClientInput,
  CreatedRequest,
  CreateGroupInput,
  CreateInput,
  CreateKeyPairInput,
  CreatePrincipalInput,
  CreateRequestInput,
  CrlInfo,
  EnrolFactorInput,
  ExplainInput,
  ExportedKey,
  Factor,
  FactorChallenge,
  FactorList,
  FactorMethod,
  FactorPolicy,
  FactorPolicyInput,
  FactorProof,
  FindCertificatesInput,
  GeneratedDataKey,
  GrantablePermission,
  GrantEntry,
  Granted,
  Grantee,
  Group,
  GroupChanges,
  GroupPage,
  Hash,
  Identity,
  IdentityKey,
  IdentityPage,
  IssuedCertificate,
  IssuedToken,
  JobPage,
  KeyPairInfo,
  KeyringRetired,
  KeyringStep,
  LinkIdentityInput,
  ListAuthoritiesInput,
  ListIdentitiesInput,
  ListJobsInput,
  ListScopedGrantsInput,
  LocateAnswer,
  LocateInput,
  NewConnection,
  NewOAuthClient,
  NewPolicy,
  NewQuorumPolicy,
  NewRole,
  NewRootKey,
  OAuthClient,
  ObjectInfo,
  PageInput,
  PasswordPolicy,
  PasswordSet,
  PolicyFields,
  PolicyPage,
  PreparedToken,
  Principal,
  PrincipalPage,
  ProfileFields,
  ProvedFactor,
  QuorumPolicy,
  QuorumPolicyEntry,
  QuorumPolicyName,
  QuorumRequest,
  QuorumRequestPage,
  RegisterAuthorityInput,
  RegisterInput,
  RegisterObjectInput,
  RegisterShareInput,
  RekeyAnswer,
  RenewedTokenKey,
  ResealedPage,
  ResealInput,
  RestoredKey,
  RevocationReason,
  Role,
  RoleChanges,
  RolePage,
  RootRotation,
  RotationAnswer,
  ScopedGrant,
  ScopedGrantPage,
  Session,
  SessionPage,
  SignedCheckpoint,
  SkipInput,
  TokenAlgorithm,
  TokenKeyInfo,
  TokenPage,
  TokenTest,
  TotpEnrolment,
  UsageAllocation,
  User,
  UserChanges,
  UserPage,
  UserQuery,
  VerifyOptions,
  WrappedDataKey,
} from '../core/index.js'
import type { Keys } from './client.js'
import { type AdminApi, segment } from './http.js'

/** A session at the other end of a line: one request of the admin API for each method. */
export class RemoteKeys implements Keys {
  readonly #api: AdminApi

  constructor(api: AdminApi) {
    this.#api = api
  }

  createKey(input: CreateInput): Promise<ObjectInfo> {
    return this.#api.post('/keys', input)
  }

  createKeyPair(input: CreateKeyPairInput): Promise<KeyPairInfo> {
    return this.#api.post('/key-pairs', input)
  }

  register({ material, ...input }: RegisterInput): Promise<ObjectInfo> {
    return this.#api.post('/keys/import', { ...input, material: encode(material) })
  }

  get(object: string): Promise<ObjectInfo> {
    return this.#api.get(key(object))
  }

  locate(query: LocateInput = {}): Promise<LocateAnswer> {
    return this.#api.post('/keys/locate', query)
  }

  async export(...[object, options]: Parameters<Session['export']>): Promise<ExportedKey> {
    const { format, material } = await this.#api.post<{ format: ExportedKey['format']; material: string }>(
      key(object, 'export'),
      options ?? {},
    )
    return { format, material: decode(material) }
  }

  registerObject({ material, ...input }: RegisterObjectInput): Promise<ObjectInfo> {
    return this.#api.post('/keys/register', { ...input, material: encode(material) })
  }

  registerShare({ material, ...input }: RegisterShareInput): Promise<ObjectInfo> {
    return this.#api.post('/keys/register-share', { ...input, material: encode(material) })
  }

  async attributes(...[object, names]: Parameters<Session['attributes']>): Promise<AttributeValues> {
    const query = names && { names: names.join(',') }
    return (await this.#api.get<{ attributes: AttributeValues }>(key(object, 'attributes'), query)).attributes
  }

  addAttribute(...[object, name, value]: Parameters<Session['addAttribute']>): Promise<AttributesAnswer> {
    return this.#api.post(key(object, 'attributes/add'), { name, value })
  }

  modifyAttribute(
    ...[object, name, value, current]: Parameters<Session['modifyAttribute']>
  ): Promise<AttributesAnswer> {
    return this.#api.post(key(object, 'attributes/modify'), { name, value, current })
  }

  setAttribute(...[object, name, value]: Parameters<Session['setAttribute']>): Promise<AttributesAnswer> {
    return this.#api.post(key(object, 'attributes/set'), { name, value })
  }

  deleteAttribute(
    ...[object, name, value]: Parameters<Session['deleteAttribute']>
  ): Promise<AttributesAnswer> {
    return this.#api.post(key(object, 'attributes/delete'), { name, value })
  }

  getUsageAllocation(object: string, count: number): Promise<UsageAllocation> {
    return this.#api.post(key(object, 'usage-allocation'), { count })
  }

  archive(object: string): Promise<ObjectInfo> {
    return this.#api.post(key(object, 'archive'))
  }

  recover(object: string): Promise<ObjectInfo> {
    return this.#api.post(key(object, 'recover'))
  }

  deriveKey(...[base, input]: Parameters<Session['deriveKey']>): Promise<ObjectInfo> {
    const { salt, info, context, peer, ...rest } = input
    return this.#api.post('/keys/derive', {
      base,
      ...rest,
      ...(salt && { salt: encode(salt) }),
      ...(info && { info: encode(info) }),
      ...(context && { context: encode(context) }),
      ...(peer && { peer: encode(peer) }),
    })
  }

  async splitKey(...[object, input]: Parameters<Session['splitKey']>): Promise<readonly ObjectInfo[]> {
    return (await this.#api.post<{ items: readonly ObjectInfo[] }>('/keys/split', { object, ...input })).items
  }

  joinSplitKey(...[shares, input]: Parameters<Session['joinSplitKey']>): Promise<ObjectInfo> {
    return this.#api.post('/keys/join', { shares, ...input })
  }

  activate(object: string): Promise<ObjectInfo> {
    return this.#api.post(key(object, 'activate'))
  }

  revoke(
    object: string,
    reason: RevocationReason = 'Unspecified',
    message?: string,
    occurred?: string,
  ): Promise<ObjectInfo> {
    return this.#api.post(key(object, 'revoke'), { reason, message, occurred })
  }

  destroy(...[object, options]: Parameters<Session['destroy']>): Promise<ObjectInfo> {
    return this.#api.post(key(object, 'destroy'), options)
  }

  cancelDestroy(object: string): Promise<ObjectInfo> {
    return this.#api.post(key(object, 'cancel-destroy'))
  }

  jobs(page: ListJobsInput = {}): Promise<JobPage> {
    return this.#api.get('/jobs', { ...page })
  }

  rekey(...[object, options]: Parameters<Session['rekey']>): Promise<RekeyAnswer> {
    return this.#api.post(key(object, 'rekey'), options)
  }

  setRotation(...[object, policy]: Parameters<Session['setRotation']>): Promise<RotationAnswer> {
    return this.#api.call('PUT', key(object, 'rotation'), policy)
  }

  getRotation(object: string): Promise<RotationAnswer> {
    return this.#api.get(key(object, 'rotation'))
  }

  removeRotation(object: string): Promise<RotationAnswer> {
    return this.#api.call('DELETE', key(object, 'rotation'))
  }

  async encrypt(...[object, plaintext, options]: Parameters<Session['encrypt']>): Promise<Buffer> {
    const body = { plaintext: encode(plaintext), ...cipherOptions(options) }
    return decode((await this.#api.post<{ ciphertext: string }>(key(object, 'encrypt'), body)).ciphertext)
  }

  async encryptInMode(...[object, plaintext, options]: Parameters<Session['encryptInMode']>) {
    const body = { plaintext: encode(plaintext), ...cipherOptions(options) }
    const { ciphertext, iv, tag, ...made } = await this.#api.post<{
      ciphertext: string
      iv: string
      tag?: string
      keyId: string
      keyVersion: number
    }>(key(object, 'encrypt'), body)
    return {
      ...made,
      ciphertext: decode(ciphertext),
      iv: decode(iv),
      ...(tag !== undefined && { tag: decode(tag) }),
    }
  }

  async decrypt(...[object, ciphertext, options]: Parameters<Session['decrypt']>): Promise<Buffer> {
    const body = { ciphertext: encode(ciphertext), ...cipherOptions(options) }
    return decode((await this.#api.post<{ plaintext: string }>(key(object, 'decrypt'), body)).plaintext)
  }

  async sign(...[object, data, options]: Parameters<Session['sign']>): Promise<Buffer> {
    const body = { data: encode(data), ...options }
    return decode((await this.#api.post<{ signature: string }>(key(object, 'sign'), body)).signature)
  }

  async verify(...[object, data, signature, options]: Parameters<Session['verify']>): Promise<boolean> {
    const body = { data: encode(data), signature: encode(signature), ...options }
    return (await this.#api.post<{ valid: boolean }>(key(object, 'verify'), body)).valid
  }

  async mac(object: string, data: Uint8Array): Promise<Buffer> {
    return decode((await this.#api.post<{ mac: string }>(key(object, 'mac'), { data: encode(data) })).mac)
  }

  async macVerify(object: string, data: Uint8Array, mac: Uint8Array): Promise<boolean> {
    const body = { data: encode(data), mac: encode(mac) }
    return (await this.#api.post<{ valid: boolean }>(key(object, 'mac-verify'), body)).valid
  }

  async hash(data: Uint8Array, hash?: Hash): Promise<Buffer> {
    return decode((await this.#api.post<{ hash: string }>('/hash', { data: encode(data), hash })).hash)
  }

  async random(bytes: number): Promise<Buffer> {
    return decode((await this.#api.post<{ bytes: string }>('/random', { bytes })).bytes)
  }

  async generateWrappedDataKey(
    ...[object, { aad, plaintext } = {}]: Parameters<Session['generateWrappedDataKey']>
  ): Promise<GeneratedDataKey> {
    const made = await this.#api.post<DataKeyText>(key(object, 'data-keys'), {
      ...cipherOptions({ ...(aad && { aad }) }),
      plaintext,
    })
    return {
      ...wrappedFrom(made),
      ...(made.plaintext !== undefined && { plaintext: decode(made.plaintext) }),
    }
  }

  async exportDataKey(...[object, wrapped, options]: Parameters<Session['exportDataKey']>): Promise<Buffer> {
    const { plaintext } = await this.#api.post<{ plaintext: string }>(key(object, 'data-keys/decrypt'), {
      wrapped: encode(wrapped),
      ...cipherOptions(options),
    })
    return decode(plaintext)
  }

  async rewrapDataKey(
    ...[object, wrapped, options]: Parameters<Session['rewrapDataKey']>
  ): Promise<WrappedDataKey> {
    const body = { wrapped: encode(wrapped), ...cipherOptions(options) }
    return wrappedFrom(await this.#api.post(key(object, 'data-keys/rewrap'), body))
  }

  grant(object: string, grantee: Grantee, permissions: readonly GrantablePermission[]): Promise<Granted> {
    return this.#api.post(key(object, 'grants'), { grantee, permissions })
  }

  withdraw(object: string, grantee: Grantee, permissions?: readonly GrantablePermission[]): Promise<Granted> {
    return this.#api.post(key(object, 'grants/withdraw'), { grantee, permissions })
  }

  async grants(object: string): Promise<readonly GrantEntry[]> {
    return (await this.#api.get<{ items: readonly GrantEntry[] }>(key(object, 'grants'))).items
  }

  grantOnScope(...[scope, grantee, permissions]: Parameters<Session['grantOnScope']>): Promise<ScopedGrant> {
    return this.#api.post('/scoped-grants', { scope, grantee, permissions })
  }

  withdrawOnScope(
    ...[scope, grantee, permissions]: Parameters<Session['withdrawOnScope']>
  ): Promise<ScopedGrant> {
    return this.#api.post('/scoped-grants/withdraw', { scope, grantee, permissions })
  }

  scopedGrants({ grantee, ...page }: ListScopedGrantsInput = {}): Promise<ScopedGrantPage> {
    const whose = grantee && 'everyone' in grantee ? { everyone: 'true' } : grantee
    return this.#api.get('/scoped-grants', { ...page, ...whose })
  }

  async quorumPolicies(): Promise<readonly QuorumPolicyEntry[]> {
    return (await this.#api.get<{ policies: readonly QuorumPolicyEntry[] }>('/quorum/policies')).policies
  }

  setQuorumPolicy(policy: NewQuorumPolicy): Promise<QuorumPolicy> {
    return this.#api.post('/quorum/policies', policy)
  }

  removeQuorumPolicy(policy: QuorumPolicyName): Promise<QuorumPolicy> {
    return this.#api.post('/quorum/policies/remove', policy)
  }

  quorumRequests(page: PageInput = {}): Promise<QuorumRequestPage> {
    return this.#api.get('/quorum/requests', { ...page })
  }

  approve(request: string): Promise<QuorumRequest> {
    return this.#api.post(`/quorum/requests/${segment(request)}/approve`)
  }

  reject(request: string): Promise<QuorumRequest> {
    return this.#api.post(`/quorum/requests/${segment(request)}/reject`)
  }

  explainAccess(input: ExplainInput): Promise<AccessExplanation> {
    return this.#api.post('/access/explain', input)
  }

  createGroup(input: CreateGroupInput): Promise<Group> {
    return this.#api.post('/groups', input)
  }

  groups(page: SkipInput = {}): Promise<GroupPage> {
    return this.#api.get('/groups', { ...page })
  }

  async groupsOf(principal: string): Promise<readonly Group[]> {
    return (await this.#api.get<{ groups: Group[] }>(`/principals/${segment(principal)}/groups`)).groups
  }

  setGroup(group: string, changes: GroupChanges): Promise<Group> {
    return this.#api.call('PATCH', `/groups/${segment(group)}`, changes)
  }

  deleteGroup(group: string): Promise<void> {
    return this.#api.call('DELETE', `/groups/${segment(group)}`)
  }

  members(group: string, page: PageInput = {}): Promise<PrincipalPage> {
    return this.#api.get(`/groups/${segment(group)}/members`, { ...page })
  }

  addMember(group: string, principal: string): Promise<Group> {
    return this.#api.call('PUT', `/groups/${segment(group)}/members/${segment(principal)}`)
  }

  removeMember(group: string, principal: string): Promise<void> {
    return this.#api.call('DELETE', `/groups/${segment(group)}/members/${segment(principal)}`)
  }

  createRole(input: NewRole): Promise<Role> {
    return this.#api.post('/roles', input)
  }

  roles(page: PageInput = {}): Promise<RolePage> {
    return this.#api.get('/roles', { ...page })
  }

  setRole(role: string, changes: RoleChanges): Promise<Role> {
    return this.#api.call('PATCH', `/roles/${segment(role)}`, changes)
  }

  deleteRole(role: string): Promise<void> {
    return this.#api.call('DELETE', `/roles/${segment(role)}`)
  }

  createPrincipal(input: CreatePrincipalInput): Promise<Principal> {
    return this.#api.post('/principals', input)
  }

  setPrincipal(principal: string, changes: UserChanges): Promise<Principal> {
    return this.#api.call('PATCH', `/principals/${segment(principal)}`, changes)
  }

  principals(page: PageInput = {}): Promise<PrincipalPage> {
    return this.#api.get('/principals', { ...page })
  }

  deletePrincipal(principal: string, { force = false }: { readonly force?: boolean } = {}): Promise<void> {
    return this.#api.call('DELETE', `/principals/${segment(principal)}?force=${force}`)
  }

  getUser(principal: string): Promise<User> {
    return this.#api.get(`/users/${segment(principal)}`)
  }

  users(query: UserQuery = {}): Promise<UserPage> {
    // Lists with commas between, flags as texts.
    const given = Object.entries(query).filter(([, value]) => value !== undefined)
    return this.#api.get('/users', Object.fromEntries(given.map(([name, value]) => [name, String(value)])))
  }

  linkIdentity({ principal, ...identity }: LinkIdentityInput): Promise<Identity> {
    return this.#api.post(`/principals/${segment(principal)}/identities`, identity)
  }

  unlinkIdentity(identity: IdentityKey): Promise<void> {
    return this.#api.post('/identities/unlink', identity)
  }

  identities({ principal, ...page }: ListIdentitiesInput): Promise<IdentityPage> {
    return this.#api.get(`/principals/${segment(principal)}/identities`, { ...page })
  }

  createConnection(input: NewConnection): Promise<Connection> {
    return this.#api.post('/connections', input)
  }

  getConnection(connection: string): Promise<Connection> {
    return this.#api.get(`/connections/${segment(connection)}`)
  }

  connections(page: PageInput = {}): Promise<ConnectionPage> {
    return this.#api.get('/connections', { ...page })
  }

  setConnection(connection: string, changes: ConnectionChanges): Promise<Connection> {
    return this.#api.call('PATCH', `/connections/${segment(connection)}`, changes)
  }

  deleteConnection(connection: string, { force = false }: { readonly force?: boolean } = {}): Promise<void> {
    return this.#api.call('DELETE', `/connections/${segment(connection)}?force=${force}`)
  }

  testConnection(connection: string, user?: string): Promise<ConnectionTest> {
    return this.#api.post(`/connections/${segment(connection)}/test`, { ...(user !== undefined && { user }) })
  }

  createPasswordPolicy(input: NewPolicy): Promise<PasswordPolicy> {
    return this.#api.post('/password-policies', input)
  }

  passwordPolicies(page: PageInput = {}): Promise<PolicyPage> {
    return this.#api.get('/password-policies', { ...page })
  }

  setPasswordPolicy(policy: string, fields: PolicyFields): Promise<PasswordPolicy> {
    return this.#api.call('PATCH', `/password-policies/${segment(policy)}`, fields)
  }

  deletePasswordPolicy(policy: string): Promise<void> {
    return this.#api.call('DELETE', `/password-policies/${segment(policy)}`)
  }

  sessions(input: Parameters<Session['sessions']>[0] = {}): Promise<SessionPage> {
    return this.#api.get('/sessions', { ...input })
  }

  endSession(session: string, { own } = { own: true }): Promise<void> {
    return this.#api.call('DELETE', `/sessions/${segment(session)}?own=${own}`)
  }

  setPassword(principal: string, password: string): Promise<PasswordSet> {
    return this.#api.call('PUT', `/principals/${segment(principal)}/password`, { password })
  }

  createToken(input: Parameters<Session['createToken']>[0] = {}): Promise<IssuedToken> {
    return this.#api.post('/tokens', input)
  }

  tokens(input: Parameters<Session['tokens']>[0] = {}): Promise<TokenPage> {
    return this.#api.get('/tokens', { ...input })
  }

  revokeToken(token: string, { own } = { own: true }): Promise<void> {
    return this.#api.call('DELETE', `/tokens/${segment(token)}?own=${own}`)
  }

  createClient(input: CreateClientInput): Promise<NewOAuthClient> {
    return this.#api.post('/clients', input)
  }

  getClient(client: string): Promise<OAuthClient> {
    return this.#api.get(`/clients/${segment(client)}`)
  }

  clients(page: PageInput = {}): Promise<ClientPage> {
    return this.#api.get('/clients', { ...page })
  }

  rotateClientSecret(
    client: string,
    options: Parameters<Session['rotateClientSecret']>[1] = {},
  ): Promise<NewOAuthClient> {
    return this.#api.post(`/clients/${segment(client)}/rotate-secret`, options)
  }

  renewTokenKey(algorithm: TokenAlgorithm = 'RS256'): Promise<RenewedTokenKey> {
    return this.#api.post(`/token-keys/renew?algorithm=${algorithm}`)
  }

  enrolTotp(input: EnrolFactorInput = {}): Promise<TotpEnrolment> {
    return this.#api.post('/me/factors/totp', input)
  }

  confirmTotp(id: string, code: string): Promise<Factor> {
    return this.#api.post(`/me/factors/totp/${segment(id)}/confirm`, { code })
  }

  factors(principal?: string): Promise<FactorList> {
    return this.#api.get(`${whose(principal)}/factors`)
  }

  removeFactor(id: string, principal?: string): Promise<void> {
    return this.#api.call('DELETE', `${whose(principal)}/factors/${segment(id)}`)
  }

  async newRecoveryCodes(): Promise<readonly string[]> {
    return (await this.#api.post<{ codes: readonly string[] }>('/me/recovery-codes')).codes
  }

  challengeFactor(): Promise<FactorChallenge> {
    return this.#api.post('/me/step-up/challenge')
  }

  proveFactor(proof: FactorProof): Promise<ProvedFactor<FactorMethod>> {
    return this.#api.post('/me/step-up', proof)
  }

  setFactorPolicy({ name, ...policy }: FactorPolicyInput): Promise<FactorPolicy> {
    return this.#api.call('PUT', `/factor-policies/${segment(name)}`, policy)
  }

  async factorPolicies(): Promise<readonly FactorPolicy[]> {
    return (await this.#api.get<{ policies: readonly FactorPolicy[] }>('/factor-policies')).policies
  }

  deleteFactorPolicy(name: string): Promise<void> {
    return this.#api.call('DELETE', `/factor-policies/${segment(name)}`)
  }

  audit(query: AuditListInput = {}): Promise<AuditPage> {
    return this.#api.get('/audit', { ...query })
  }

  verifyAudit({ checkpoints, publicKeys }: VerifyOptions = {}): Promise<AuditVerification> {
    return this.#api.post('/audit/verify', { checkpoints, publicKeys })
  }

  async auditHeads(): Promise<readonly string[]> {
    return (await this.#api.get<{ heads: readonly string[] }>('/audit/heads')).heads
  }

  auditExport({ chain, from }: AuditExportInput): Promise<AuditSegment> {
    return this.#api.get('/audit/export', { chain, from })
  }

  async checkpoint(): Promise<SignedCheckpoint> {
    const { text } = await this.#api.post<{ text: string }>('/audit/checkpoint')
    const { parseCheckpoint } = await import('../core/index.js')
    return parseCheckpoint(text)
  }

  pruneAudit(input: AuditPruneInput): Promise<AuditPruned> {
    return this.#api.post('/audit/prune', input)
  }

  rotateRoot(to: NewRootKey): Promise<RootRotation> {
    return this.#api.post('/barrier/root/rotate', to)
  }

  rotateKeyring(): Promise<KeyringStep> {
    return this.#api.post('/barrier/keyring/rotate')
  }

  reseal(input: ResealInput = {}): Promise<ResealedPage> {
    return this.#api.post('/barrier/keyring/reseal', input)
  }

  retireKeyring(): Promise<KeyringRetired> {
    return this.#api.post('/barrier/keyring/retire')
  }

  barrierStatus(): Promise<BarrierStatus> {
    return this.#api.get('/barrier')
  }

  testTokens(): Promise<readonly TokenTest[]> {
    return this.#api.get('/hsm/status')
  }

  tokenKeys(token: string): Promise<readonly TokenKeyInfo[]> {
    return this.#api.get(`/hsm/tokens/${encodeURIComponent(token)}/keys`)
  }

  addKeyserviceService(input: AddServiceInput): Promise<AddedService> {
    return this.#api.post('/keyservice/services', input)
  }

  restoreKeyservice(namespace: string, userId: string, version?: number): Promise<RestoredKey> {
    return this.#api.post('/keyservice/restore', {
      namespace,
      userId,
      ...(version !== undefined && { version }),
    })
  }

  forgetKeyservice(namespace: string, userId: string): Promise<{ readonly sessions: number }> {
    return this.#api.post('/keyservice/forget', { namespace, userId })
  }

  adopt(input: AdoptInput): Promise<readonly ObjectInfo[]> {
    return this.#api.post('/hsm/adopt', input)
  }

  createAuthority(input: CreateAuthorityInput): Promise<AuthorityInfo> {
    return this.#api.post('/ca/authorities', input)
  }

  selfSign(...[of, options]: Parameters<Session['selfSign']>): Promise<AuthorityInfo> {
    return this.#api.post(authority(of, '/self-sign'), options)
  }

  renewAuthority(...[of, options]: Parameters<Session['renewAuthority']>): Promise<AuthorityInfo> {
    return this.#api.post(authority(of, '/renew'), options)
  }

  installCertificate(...[of, input]: Parameters<Session['installCertificate']>): Promise<AuthorityInfo> {
    return this.#api.post(authority(of, '/install'), input)
  }

  registerAuthority(input: RegisterAuthorityInput): Promise<AuthorityInfo> {
    return this.#api.post('/ca/authorities/register', input)
  }

  getAuthority(of: string): Promise<AuthorityInfo> {
    return this.#api.get(authority(of))
  }

  authorities(query: ListAuthoritiesInput = {}): Promise<AuthorityPage> {
    return this.#api.get('/ca/authorities', { ...query })
  }

  setAuthority(...[of, changes]: Parameters<Session['setAuthority']>): Promise<AuthorityInfo> {
    return this.#api.call('PATCH', authority(of), changes)
  }

  deleteAuthority(of: string): Promise<void> {
    return this.#api.call('DELETE', authority(of))
  }

  prepareCertificate(...[of, input]: Parameters<Session['prepareCertificate']>): Promise<PreparedToken> {
    return this.#api.post(authority(of, '/certificates/prepare'), input)
  }

  issueCertificate(of: string, token: string): Promise<CertificateInfo> {
    return this.#api.post(authority(of, '/certificates'), { token })
  }

  async certifyPair(...[of, input, key]: Parameters<Session['certifyPair']>): Promise<CertifiedPair> {
    const path = authority(of, '/certificates/pair')
    const made = await this.#api.post<IssuedCertificate & { readonly key: string }>(path, { ...input, key })
    return { ...made, key: decode(made.key) }
  }

  createCertificateRequest(input: CreateRequestInput): Promise<CreatedRequest> {
    return this.#api.post('/ca/requests', input)
  }

  getCertificate(of: string, certificate: string): Promise<CertificateInfo> {
    return this.#api.get(authority(of, `/certificates/${segment(certificate)}`))
  }

  certificates(...[of, query]: Parameters<Session['certificates']>): Promise<CertificatePage> {
    return this.#api.get(authority(of, '/certificates'), { ...query })
  }

  findCertificates(query: FindCertificatesInput): Promise<CertificatePage> {
    return this.#api.get('/ca/certificates', { ...query })
  }

  revokeCertificate(
    ...[of, certificate, reason, options]: Parameters<Session['revokeCertificate']>
  ): Promise<CertificateInfo> {
    const path = authority(of, `/certificates/${segment(certificate)}/revoke`)
    return this.#api.post(path, { ...options, reason: reason ?? 'unspecified' })
  }

  resumeCertificate(of: string, certificate: string): Promise<CertificateInfo> {
    return this.#api.post(authority(of, `/certificates/${segment(certificate)}/resume`))
  }

  deleteCertificate(of: string, certificate: string): Promise<void> {
    return this.#api.call('DELETE', authority(of, `/certificates/${segment(certificate)}`))
  }

  async createCrl(of: string): Promise<CrlInfo> {
    return crlFrom(await this.#api.post<CrlText>(authority(of, '/crl')))
  }

  async crl(of: string, number?: number): Promise<CrlInfo> {
    return crlFrom(await this.#api.get<CrlText>(authority(of, '/crl'), { number }))
  }

  async certificateProfiles(): Promise<readonly CertificateProfile[]> {
    return (await this.#api.get<{ profiles: readonly CertificateProfile[] }>('/ca/profiles')).profiles
  }

  setCertificateProfile(name: string, fields: ProfileFields): Promise<CertificateProfile> {
    return this.#api.call('PUT', `/ca/profiles/${segment(name)}`, fields)
  }

  deleteCertificateProfile(name: string): Promise<void> {
    return this.#api.call('DELETE', `/ca/profiles/${segment(name)}`)
  }
}

/** A CRL as the face answers it. */
type CrlText = Omit<CrlInfo, 'der'> & { readonly der: string }

function crlFrom({ der, ...rest }: CrlText): CrlInfo {
  return { ...rest, der: decode(der) }
}

function authority(id: string, action = ''): string {
  return `/ca/authorities/${segment(id)}${action}`
}

function whose(principal: string | undefined): string {
  return principal === undefined ? '/me' : `/principals/${segment(principal)}`
}

function key(object: string, action?: string): string {
  return `/keys/${segment(object)}${action === undefined ? '' : `/${action}`}`
}

/** A data key as the face answers it. */
interface DataKeyText {
  readonly wrapped: string
  readonly keyId: string
  readonly keyVersion: number
  readonly plaintext?: string
}

function wrappedFrom({ wrapped, keyId, keyVersion }: DataKeyText): WrappedDataKey {
  return { wrapped: decode(wrapped), keyId, keyVersion }
}

type CipherOptions = Partial<Parameters<Session['encryptInMode']>[2]> & Parameters<Session['decrypt']>[2] & {}

/** Options of encrypt and decrypt, with base64 for bytes. */
function cipherOptions({ aad, iv, tag, ...others }: CipherOptions = {}) {
  return {
    ...others,
    ...(aad && { aad: encode(aad) }),
    ...(iv && { iv: encode(iv) }),
    ...(tag && { tag: encode(tag) }),
  }
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function decode(text: string): Buffer {
  return Buffer.from(text, 'base64')
}
