import type { AccessServices } from '../access/index.js'
import { Assertions } from './assertion.js'
import { GatewayDirectory } from './directory.js'
import { UserDirectory } from './user_claims.js'

/** What the operations for API gateways work with. */
export interface GatewayServices extends AccessServices {
  readonly gateways: GatewayDirectory
  readonly userDirectory: UserDirectory
  readonly assertions: Assertions
}

type Own = Pick<GatewayServices, 'gateways' | 'userDirectory' | 'assertions'>

export function openGateway(access: AccessServices): Own {
  const { store, barrier } = access
  return {
    gateways: new GatewayDirectory(store, barrier),
    userDirectory: new UserDirectory(access),
    assertions: new Assertions(),
  }
}

/** Drops from memory what rests on a record that was written: its namespace, `/`, its key; null: everything. */
export function forgetOfGateway({ gateways, userDirectory }: Own, record: string | null): void {
  gateways.forget(record)
  userDirectory.forget(record)
}
