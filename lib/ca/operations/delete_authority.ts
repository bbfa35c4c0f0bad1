import { destroyedRow, removalsFromTokens } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { CaServices } from '../services.js'
import { keptStates } from './get_authority.js'

/**
 * Deletes an authority with its key, for ever, whatever it has issued: no CRL is made any more, and its certificates are on no list.
 * Authorities below it stay.
 */
export const deleteAuthority: ObjectOperation<CaServices, { readonly authority: string }, null> = {
  name: 'DeleteAuthority',
  permission: 'AuthorityManage',
  durability: 'synced',
  states: keptStates,
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  async prepare(services, actor, _input, object) {
    const { authorities, crls, jobs, objects, ocspSigners } = services
    const authority = await authorities.read(object)
    const { links } = object.values
    const ids = [links?.publicKey, links?.certificate].filter((id) => id !== undefined)
    const linked = await Promise.all(ids.map((id) => objects.byId(id)))
    const signer = await ocspSigners.read(object.id)
    const own = [
      ...[object, ...linked].filter((one) => one !== undefined),
      ...(signer ? await ocspSigners.keys(signer) : []),
    ]
    const gone = own.filter(({ state }) => keptStates.includes(state))
    return {
      answer: null,
      rows: {
        objects: gone.map((one) => destroyedRow(services, one)),
        records: [
          authorities.remove(authority),
          ...(await crls.removals(object.id)),
          ...(signer ? [ocspSigners.remove(signer)] : []),
          ...(await jobs.removals(object.id, 'crl')),
          ...(await jobs.removals(object.id, 'ocsp')),
          ...removalsFromTokens(services, gone, actor.id),
        ],
      },
      ends: own.map(({ id }) => ({ object: id, principal: null })),
      detail: { subject: authority.record.subject, kind: authority.record.kind },
    }
  },
}
