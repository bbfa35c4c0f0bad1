import type { AccessServices } from '../access/index.js'
import type { CaServices } from '../ca/index.js'
import type { GatewayServices } from '../gateway/index.js'
import type { KeyProvider } from '../hsm/index.js'
import type { KeymanagerServices } from '../keymanager/index.js'
import type { KeyServices } from '../keys/index.js'
import type { FaceSettings } from './face_settings.js'
import type { KeyserviceRecords } from './keyservice/records.js'

/** Everything that operations work with, and what the core itself needs. */
export interface Services
  extends AccessServices,
    KeyServices,
    CaServices,
    KeymanagerServices,
    GatewayServices {
  readonly providers: readonly KeyProvider[]
  readonly faceSettings: FaceSettings
  readonly keyservice: KeyserviceRecords
}
