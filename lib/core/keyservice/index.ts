export { blobName, ownObject } from './blobs.js'
export {
  type ConnectingService,
  type ConnectUserInput,
  Keyservice,
  type KeyserviceOptions,
  type KeyserviceUser,
} from './keyservice.js'
export {
  type AddedService,
  type AddServiceInput,
  addService,
  connect,
  forget,
  get,
  init,
  type KeptKey,
  type OlderKey,
  type PutConditions,
  put,
  type RestoredKey,
  restore,
} from './operations.js'
export { KeyserviceRecords } from './records.js'
export type { SignedRequest } from './sessionist.js'
