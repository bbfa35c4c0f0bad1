export { builtinRoles } from './builtin.js'
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
export type { FactorProof, ProvedFactor } from './factors/proof.js'
export { qrSvg, qrText } from './factors/qr.js'
export { type PasskeyOptions, relyingParty } from './factors/relying_party.js'
export {
  type PasskeyAssertion,
  type PasskeyCreation,
  type PasskeyRegistration,
  requireRelyingParty,
} from './factors/webauthn.js'
export { Grants } from './grants.js'
export type { GroupChanges, NewGroup } from './groups.js'
export { addMember } from './operations/add_member.js'
export { approveQuorumRequest } from './operations/approve_quorum_request.js'
export { challengeFactor, type FactorChallenge } from './operations/challenge_factor.js'
export { confirmTotp } from './operations/confirm_totp.js'
export { isAdministrator } from './operations/cover.js'
export { type CreateGroupInput, createGroup } from './operations/create_group.js'
export { createPrincipal } from './operations/create_principal.js'
export { createRole } from './operations/create_role.js'
export {
  type CreateOwnTokenInput,
  createOwnToken,
  createToken,
  logIn,
} from './operations/create_token.js'
export { deleteFactorPolicy } from './operations/delete_factor_policy.js'
export { deleteGroup } from './operations/delete_group.js'
export { deleteRole } from './operations/delete_role.js'
export { beginPasskey, type FinishPasskeyInput, finishPasskey } from './operations/enrol_passkey.js'
export { type EnrolFactorInput, enrolTotp, type TotpEnrolment } from './operations/enrol_totp.js'
export { getGroup } from './operations/get_group.js'
export { getPrincipal } from './operations/get_principal.js'
export { getRole } from './operations/get_role.js'
export { type Granted, grant } from './operations/grant.js'
export { grantOnScope } from './operations/grant_on_scope.js'
export type { Grantee } from './operations/grantee.js'
export { listFactorPolicies } from './operations/list_factor_policies.js'
export { type FactorList, listFactors, listOwnFactors } from './operations/list_factors.js'
export { type GrantEntry, listGrants } from './operations/list_grants.js'
export { type GroupPage, listGroups } from './operations/list_groups.js'
export { listGroupsOf } from './operations/list_groups_of.js'
export { listMembers } from './operations/list_members.js'
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
export { listOwnTokens, listTokens, type TokenPage } from './operations/list_tokens.js'
export { newRecoveryCodes } from './operations/new_recovery_codes.js'
export type { PageInput } from './operations/page.js'
export { proveFactor } from './operations/prove_factor.js'
export { rejectQuorumRequest } from './operations/reject_quorum_request.js'
export { removeFactor, removeOwnFactor } from './operations/remove_factor.js'
export { removeMember } from './operations/remove_member.js'
export { removeQuorumPolicy } from './operations/remove_quorum_policy.js'
export { revokeOwnToken, revokeToken } from './operations/revoke_token.js'
export { setFactorPolicy } from './operations/set_factor_policy.js'
export { setGroup } from './operations/set_group.js'
export { type PasswordSet, setOwnPassword, setPassword } from './operations/set_password.js'
export { setPrincipal } from './operations/set_principal.js'
export { setQuorumPolicy } from './operations/set_quorum_policy.js'
export { setRole } from './operations/set_role.js'
export { withdraw } from './operations/withdraw.js'
export { withdrawOnScope } from './operations/withdraw_on_scope.js'
export type { NewPrincipal, PrincipalChanges } from './principals.js'
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
export type { NewRole, RoleChanges } from './roles.js'
export { covers } from './scope.js'
export { type AccessOptions, type AccessServices, forgetAll, forgetRecord, openAccess } from './services.js'
export { systemPrincipal } from './system_principal.js'
export { apiTokenText, type IssuedToken, type Token, tokenId } from './tokens.js'
