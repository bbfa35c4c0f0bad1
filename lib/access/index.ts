export {
  type Account,
  type AccountFields,
  type ClientType,
  clientTypes,
  type LoginMethod,
  loginMethods,
} from './accounts.js'
export { isAdministeredWithout } from './administration.js'
export { admissionOf, factorsOf, isSettled, principalOf, type Standing } from './admission.js'
export type { Authenticated, ProvedClient } from './authenticate.js'
export { administrators, builtinRoles } from './builtin.js'
export { Cache } from './cache.js'
export { thumbprintOf } from './certificate_login.js'
export type { TrustedIssuer } from './configured_connections.js'
export {
  type Connection,
  type ConnectionChanges,
  type ConnectionKind,
  localAccount,
  type NewConnection,
} from './connections.js'
export {
  type Decision,
  decide,
  grounds,
  isObjectPermission,
  looksAtScopes,
  mayKnow,
  type ObjectRights,
} from './decide.js'
export {
  type Factor,
  type FactorMethod,
  factorMethods,
} from './factors/factors.js'
export type { FactorPolicy, FactorPolicyInput } from './factors/policies.js'
export type { FactorProof } from './factors/proof.js'
export { qrSvg, qrText } from './factors/qr.js'
export { type PasskeyOptions, relyingParty } from './factors/relying_party.js'
export {
  type PasskeyAssertion,
  type PasskeyCreation,
  type PasskeyRegistration,
  requireRelyingParty,
} from './factors/webauthn.js'
export { failedAttempt } from './failed_attempt.js'
export { ObjectGrants } from './grant_index.js'
export { Grants } from './grants.js'
export type { GroupFilter, GroupQuery } from './group_query.js'
export type { GroupChanges, NewGroup } from './groups.js'
export { type Identity, type IdentityKey, identityText } from './identities.js'
export type { PasswordLogin, Proof, ProvedFactor, ProvedMethod } from './login.js'
export { afterLogin, isLocked, isTooOld } from './login_states.js'
export {
  type ClientAuthentication,
  type ClientFields,
  clientAuthentications,
  longestAccessToken,
  longestRefreshToken,
  type OAuthGrant,
  oauthGrants,
  shortestLifetime,
  type TokenAlgorithm,
  type TokenFormat,
  tokenAlgorithms,
  tokenFormats,
} from './oauth_client_fields.js'
export type { ClientProof, ClientSecret, IssuedSecret, OAuthClient } from './oauth_clients.js'
export type { Admitted, AdmittedToken } from './oidc/admitted_tokens.js'
export { isJwt } from './oidc/token.js'
export { addMember } from './operations/add_member.js'
export { admitIdentity } from './operations/admit_identity.js'
export { approveQuorumRequest } from './operations/approve_quorum_request.js'
export { challengeFactor, type FactorChallenge } from './operations/challenge_factor.js'
export {
  getClientSecrets,
  removeClientSecret,
  type ShownSecret,
} from './operations/client_secrets.js'
export { confirmTotp } from './operations/confirm_totp.js'
export { isAdministrator, requireAdministrator } from './operations/cover.js'
export { type CreateClientInput, createClient, type NewOAuthClient } from './operations/create_client.js'
export { createConnection } from './operations/create_connection.js'
export { type CreateGroupInput, createGroup } from './operations/create_group.js'
export { type CreatePrincipalInput, createPrincipal } from './operations/create_principal.js'
export { createRole } from './operations/create_role.js'
export { type CreateOwnTokenInput, createOwnToken, createToken } from './operations/create_token.js'
export { deleteConnection } from './operations/delete_connection.js'
export { deleteFactorPolicy } from './operations/delete_factor_policy.js'
export { deleteGroup } from './operations/delete_group.js'
export { deleteOAuthScope } from './operations/delete_oauth_scope.js'
export { deleteOwnClient, deletePrincipal } from './operations/delete_principal.js'
export { deleteRole } from './operations/delete_role.js'
export { endAnySession, endOwnSession } from './operations/end_session.js'
export { beginPasskey, type FinishPasskeyInput, finishPasskey } from './operations/enrol_passkey.js'
export { type EnrolFactorInput, enrolTotp, type TotpEnrolment } from './operations/enrol_totp.js'
export { findIdentity } from './operations/find_identity.js'
export {
  type FindSessionsInput,
  findOwnSessions,
  findSessions,
  getSession,
  type SessionsFound,
} from './operations/find_sessions.js'
export { getClient, getOwnClient } from './operations/get_client.js'
export { getConnection } from './operations/get_connection.js'
export { type GroupEntry, getGroup } from './operations/get_group.js'
export { getOAuthScope } from './operations/get_oauth_scope.js'
export { getPrincipal } from './operations/get_principal.js'
export { getRole } from './operations/get_role.js'
export { getOwnUser, getUser } from './operations/get_user.js'
export { type Granted, grant } from './operations/grant.js'
export { grantOnScope } from './operations/grant_on_scope.js'
export type { Grantee } from './operations/grantee.js'
export { indexUsers } from './operations/index_users.js'
export { introspectToken } from './operations/introspect_token.js'
export {
  type IssuedAccessToken,
  issueAccessToken,
  refreshAccessToken,
  type TokenSubject,
  ungranted,
} from './operations/issue_access_token.js'
export { type LinkIdentityInput, linkIdentity } from './operations/link_identity.js'
export { type ClientPage, listClients } from './operations/list_clients.js'
export { type ConnectionPage, listConnections } from './operations/list_connections.js'
export { listFactorPolicies } from './operations/list_factor_policies.js'
export { type FactorList, listFactors, listOwnFactors } from './operations/list_factors.js'
export { type GrantEntry, listGrants } from './operations/list_grants.js'
export { type GroupPage, listGroups } from './operations/list_groups.js'
export { listGroupsOf } from './operations/list_groups_of.js'
export { type IdentityPage, type ListIdentitiesInput, listIdentities } from './operations/list_identities.js'
export { listMembers } from './operations/list_members.js'
export { listOAuthScopes } from './operations/list_oauth_scopes.js'
export { listOwnPermissions } from './operations/list_own_permissions.js'
export { listPrincipals, type PrincipalPage } from './operations/list_principals.js'
export { listQuorumPolicies, type QuorumPolicyEntry } from './operations/list_quorum_policies.js'
export {
  listQuorumRequests,
  type QuorumRequestEntry,
  type QuorumRequestPage,
} from './operations/list_quorum_requests.js'
export { listRoles, type RolePage } from './operations/list_roles.js'
export {
  type ListScopedGrantsInput,
  listScopedGrants,
  type ScopedGrantPage,
} from './operations/list_scoped_grants.js'
export {
  listClientSessions,
  listOwnSessions,
  listSessions,
  type SessionPage,
} from './operations/list_sessions.js'
export { listOwnTokens, listTokens, type TokenPage } from './operations/list_tokens.js'
export { listUsers, type UserPage } from './operations/list_users.js'
export {
  type LoggedIn,
  type LogInInput,
  logIn,
  loginPeriod,
  refreshLogin,
} from './operations/log_in.js'
export { newRecoveryCodes } from './operations/new_recovery_codes.js'
export { checkedSkip, type PageInput, type SkipInput } from './operations/page.js'
export {
  createPasswordPolicy,
  deletePasswordPolicy,
  getPasswordPolicy,
  listPasswordPolicies,
  type PolicyPage,
  setPasswordPolicy,
} from './operations/password_policies.js'
export { type ProveFactorInput, proveFactor } from './operations/prove_factor.js'
export { registerOAuthScope } from './operations/register_oauth_scope.js'
export { rejectQuorumRequest } from './operations/reject_quorum_request.js'
export { removeFactor, removeOwnFactor } from './operations/remove_factor.js'
export { removeMember } from './operations/remove_member.js'
export { removeQuorumPolicy } from './operations/remove_quorum_policy.js'
export { revokeAccessToken } from './operations/revoke_access_token.js'
export { revokeOwnToken, revokeToken } from './operations/revoke_token.js'
export { type RotateClientSecretInput, rotateClientSecret } from './operations/rotate_client_secret.js'
export {
  type OwnClientFields,
  setClient,
  setOwnClient,
} from './operations/set_client.js'
export { setConnection } from './operations/set_connection.js'
export { setFactorPolicy } from './operations/set_factor_policy.js'
export { setGroup } from './operations/set_group.js'
export { setOAuthScope } from './operations/set_oauth_scope.js'
export { type OwnChanges, setOwnUser } from './operations/set_own_user.js'
export { type PasswordSet, setOwnPassword, setPassword } from './operations/set_password.js'
export { setPrincipal, type UserChanges } from './operations/set_principal.js'
export { setQuorumPolicy } from './operations/set_quorum_policy.js'
export { setRole } from './operations/set_role.js'
export { spendTicket } from './operations/spend_ticket.js'
export { type ConnectionTest, testConnection } from './operations/test_connection.js'
export { requireClientOrManager } from './operations/token_callers.js'
export { unlinkIdentity } from './operations/unlink_identity.js'
export { withdraw } from './operations/withdraw.js'
export { withdrawOnScope } from './operations/withdraw_on_scope.js'
export {
  fiveInFifteen,
  globalPolicy,
  type NewPolicy,
  type PasswordPolicy,
  type PolicyFields,
} from './password_policies.js'
export { changedPrincipal, type NewPrincipal } from './principals.js'
export { type QuorumStanding, standingUnder } from './quorum.js'
export {
  type NewQuorumPolicy,
  type QuorumAct,
  type QuorumPolicy,
  type QuorumPolicyName,
  quorumActs,
  quorumPolicyKey,
} from './quorum_policies.js'
export { newQuorumRequest, type QuorumAsked, type QuorumRequest } from './quorum_requests.js'
export { type NewOAuthScope, newOAuthScope, type OAuthScope } from './registered_scopes.js'
export type { NewRole, RoleChanges } from './roles.js'
export { covers } from './scope.js'
export {
  type AccessOptions,
  type AccessServices,
  forgetAll,
  forgetRecord,
  type JwtOptions,
  openAccess,
} from './services.js'
export type { LoginSession } from './sessions.js'
export { systemPrincipal } from './system_principal.js'
export { checkedName, checkedText } from './text.js'
export {
  suffices,
  type Ticket,
  type TicketLimits,
  type TicketRight,
  type TicketUsage,
  type TicketUse,
} from './tickets.js'
export type { JudgedToken, TokenJudgement } from './token_judge.js'
export type { AccessClaims, JwtSigner, TokenClaims, TokenHolder } from './token_text.js'
export { expiryOf } from './token_text.js'
export type { IssuedToken, Token } from './tokens.js'
export type { TrustedAuthorities, TrustUse } from './trusted_authorities.js'
export type { OwnUser, User, UserFilter, UserQuery } from './users.js'
