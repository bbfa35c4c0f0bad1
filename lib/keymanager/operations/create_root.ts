import { systemPrincipal } from '../../access/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { KeyInfo } from '../info.js'
import { rootName } from '../key_names.js'
import { makeFirst } from '../making.js'
import type { KeymanagerServices } from '../services.js'
import type { SubjectInput } from '../subject.js'

/**
 * Makes ROOT, the key that certifies the module keys of all applications. It is the system's, so that whoever makes it cannot use what is
 * below it: roles govern, and grants open.
 *
 * @throws MORTISE_KEYMANAGER_KEY_EXISTS
 */
export const createKeymanagerRoot: SystemOperation<KeymanagerServices, SubjectInput, KeyInfo> = {
  name: 'CreateKeymanagerRoot',
  permission: 'AuthorityCreate',
  durability: 'synced',
  async prepare(services, _actor, subject) {
    const ring = await services.rings.read(rootName)
    if (ring.versions.length > 0) throw new MortiseError('MORTISE_KEYMANAGER_KEY_EXISTS')
    const heritage = { owner: systemPrincipal.id, grantsOf: null }
    return makeFirst(services, { ring, subject, certifier: undefined }, heritage)
  },
}
