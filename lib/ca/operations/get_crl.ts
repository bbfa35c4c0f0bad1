import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { type CrlInfo, crlInfo } from '../info.js'
import type { CaServices } from '../services.js'
import { keptStates } from './get_authority.js'

export interface GetCrlInput {
  /** Id or name of a local authority. */
  readonly authority: string
  /** Default: that of the newest. */
  readonly number?: number
}

/** A CRL of an authority. @throws MORTISE_CA_STATE where there is none */
export const getCrl: ObjectOperation<CaServices, GetCrlInput, CrlInfo> = {
  name: 'GetCRL',
  permission: 'Get',
  durability: 'written',
  states: keptStates,
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  async prepare({ crls }, _actor, { number }, object) {
    const crl = await (number === undefined ? crls.newest(object.id) : crls.numbered(object.id, number))
    if (!crl) throw new MortiseError('MORTISE_CA_STATE', 'the authority has no such CRL: make one')
    return { answer: crlInfo(crl), detail: { number: crl.number } }
  },
}
