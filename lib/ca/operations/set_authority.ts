import { changedRow } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import {
  type AuthorityRecord,
  type AuthorityTrust,
  type IssuingSettings,
  wrongState,
} from '../authorities.js'
import { crlSoon } from '../crl_jobs.js'
import { type AuthorityInfo, authorityInfo } from '../info.js'
import type { CaServices } from '../services.js'
import { checkedSettings, settingsOf } from '../settings.js'
import { requireMayTrust } from '../trust.js'
import { keptStates } from './get_authority.js'

export interface SetAuthorityInput {
  /** Id or name; an external one has `trust` alone. */
  readonly authority: string
  /** Whether it issues. One that does not revokes still, and makes CRLs. */
  readonly enabled?: boolean
  /** Those that are left out stay as they are. */
  readonly settings?: Partial<IssuingSettings>
  /** For administrators alone to give. */
  readonly trust?: Partial<AuthorityTrust>
}

/**
 * Changes how an authority issues from now on, and whom it lets in. What was prepared before is issued as it was looked at, unless it is
 * disabled.
 *
 * @throws MORTISE_ACCESS_DENIED, MORTISE_CA_STATE, MORTISE_INPUT_INVALID
 */
export const setAuthority: ObjectOperation<CaServices, SetAuthorityInput, AuthorityInfo> = {
  name: 'SetAuthority',
  permission: 'AuthorityManage',
  durability: 'synced',
  states: keptStates,
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  async prepare(services, actor, { enabled, settings, trust }, object) {
    const { authorities, barrier, clock } = services
    requireMayTrust(actor, trust)
    const before = await authorities.read(object)
    if (before.record.kind === 'external' && (settings || enabled !== undefined))
      throw wrongState(before.record, 'it issues elsewhere')
    const now = clock.now()
    const record: AuthorityRecord = {
      ...before.record,
      enabled: enabled ?? before.record.enabled,
      settings: checkedSettings({ ...settingsOf(before.record), ...settings }),
      trust: { ...before.record.trust, ...trust },
      updated: now,
    }
    const version = before.version + 1
    return {
      answer: authorityInfo({ ...before, record, version }, now),
      rows: {
        // Whatever issues relies on this row: what was decided before goes no further.
        objects: [{ row: changedRow(barrier, object, { values: { changed: now } }) }],
        records: [
          authorities.write(record, version),
          // The CRLs that certificates name from now on must be there.
          ...(before.certificate && settings ? await crlSoon(services, object.id, actor) : []),
        ],
      },
      detail: {
        enabled: record.enabled,
        clients: record.trust.clients,
        users: record.trust.users,
        ...(settings && { settings: Object.keys(settings) }),
      },
    }
  },
}
