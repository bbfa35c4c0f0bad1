import { type App, authenticate, type Entrance } from '../http/index.js'
import { accessRoutes } from './access.js'
import { attributeRoutes } from './attributes.js'
import { auditRoutes } from './audit.js'
import { authorityRoutes } from './authorities.js'
import { backupRoutes } from './backup.js'
import { barrierRoutes } from './barrier.js'
import { certificateRoutes } from './certificates.js'
import { clientRoutes } from './clients.js'
import { connectionRoutes } from './connections.js'
import { cryptographyRoutes } from './cryptography.js'
import { dataKeyRoutes } from './data_keys.js'
import { factorPolicyRoutes } from './factor_policies.js'
import { factorRoutes } from './factors.js'
import { grantRoutes } from './grants.js'
import { groupRoutes } from './groups.js'
import { hsmRoutes } from './hsm.js'
import { identityRoutes } from './identities.js'
import { jobRoutes } from './jobs.js'
import { keyMaterialRoutes } from './key_material.js'
import { keyRoutes } from './keys.js'
import { keyserviceRoutes } from './keyservice.js'
import { lifecycleRoutes } from './lifecycle.js'
import { loginRoutes, ownRoutes } from './login.js'
import { passwordPolicyRoutes } from './password_policies.js'
import { principalRoutes } from './principals.js'
import { quorumRoutes } from './quorum.js'
import { roleRoutes } from './roles.js'
import { rotationRoutes } from './rotation.js'
import { sessionRoutes } from './sessions.js'
import { tokenRoutes } from './tokens.js'
import { userRoutes } from './users.js'

/**
 * Mortise's own REST API, used by the command line and the web interface. It decides nothing: every route is one method
 * of the session of whoever asks. Bytes are standard base64; `:id` is an object's id or its percent-encoded name.
 */
export async function adminFace(app: App, entrance: Entrance): Promise<void> {
  loginRoutes(app, entrance.keyManager)
  await app.register(async (inner: App) => {
    authenticate(inner, 'admin', entrance)
    for (const routes of [
      ownRoutes,
      factorRoutes,
      factorPolicyRoutes,
      keyRoutes,
      keyMaterialRoutes,
      lifecycleRoutes,
      jobRoutes,
      attributeRoutes,
      rotationRoutes,
      cryptographyRoutes,
      dataKeyRoutes,
      grantRoutes,
      accessRoutes,
      groupRoutes,
      roleRoutes,
      quorumRoutes,
      principalRoutes,
      userRoutes,
      identityRoutes,
      connectionRoutes,
      passwordPolicyRoutes,
      tokenRoutes,
      clientRoutes,
      sessionRoutes,
      auditRoutes,
      authorityRoutes,
      certificateRoutes,
      backupRoutes,
      barrierRoutes,
      hsmRoutes,
      keyserviceRoutes,
    ]) {
      routes(inner)
    }
  })
}
