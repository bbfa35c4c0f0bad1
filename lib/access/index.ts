export { Authenticator } from './authenticate.js'
export { type Decision, decide, type ObjectRights } from './decide.js'
export { type GrantablePermission, Grants, grantablePermissions } from './grants.js'
export { createPrincipal } from './operations/create_principal.js'
export {
  type CreateOwnTokenInput,
  type CreateTokenInput,
  createOwnToken,
  createToken,
  logIn,
} from './operations/create_token.js'
export { type GetPrincipalInput, getPrincipal } from './operations/get_principal.js'
export { type Granted, type GrantInput, grant } from './operations/grant.js'
export type { Grantee } from './operations/grantee.js'
export { type GrantEntry, type ListGrantsInput, listGrants } from './operations/list_grants.js'
export { listPrincipals, type PrincipalPage } from './operations/list_principals.js'
export { type ListTokensInput, listOwnTokens, listTokens, type TokenPage } from './operations/list_tokens.js'
export type { PageInput } from './operations/page.js'
export { type RevokeTokenInput, revokeOwnToken, revokeToken } from './operations/revoke_token.js'
export {
  type PasswordSet,
  type SetOwnPasswordInput,
  type SetPasswordInput,
  setOwnPassword,
  setPassword,
} from './operations/set_password.js'
export { type SetPrincipalInput, setPrincipal } from './operations/set_principal.js'
export { type WithdrawInput, withdraw } from './operations/withdraw.js'
export { type PasswordLogin, Passwords } from './passwords.js'
export {
  defaultPermissions,
  type NewPrincipal,
  newPrincipal,
  type PrincipalChanges,
  Principals,
} from './principals.js'
export { type RolePermissions, roles } from './roles.js'
export { type AccessServices, openAccess } from './services.js'
export { type IssuedToken, newToken, type Token, Tokens } from './tokens.js'
