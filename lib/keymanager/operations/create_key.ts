import { MortiseError } from '../../errors/index.js'
import { protectStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { KeyInfo } from '../info.js'
import { checkKeyName, type KeyName, layerOf, parentOf } from '../key_names.js'
import { makeFirst } from '../making.js'
import type { KeymanagerServices } from '../services.js'
import type { SubjectInput } from '../subject.js'

export interface CreateKeymanagerKeyInput extends KeyName {
  /** Id of the private key that certifies it, which the new key has owner and grants of. */
  readonly parent: string
  readonly subject?: SubjectInput
}

/** Applications that have no base keys. */
const without = ['ROOT', 'KERNEL', 'PARTNER']

/**
 * Makes the first key of a name: that of an application by whoever may let ROOT certify, others by whoever may let the key of their
 * application certify.
 *
 * @throws MORTISE_KEYMANAGER_APPLICATION, MORTISE_KEYMANAGER_REFERENCE, MORTISE_KEYMANAGER_KEY_EXISTS
 */
export const createKeymanagerKey: ObjectOperation<KeymanagerServices, CreateKeymanagerKeyInput, KeyInfo> = {
  name: 'CreateKeymanagerKey',
  permission: 'Certify',
  durability: 'synced',
  states: protectStates,
  purposes: ['keymanager'],
  usage: 'CertificateSign',
  protects: () => 0,
  target: ({ parent }) => ({ object: parent }),
  async prepare(services, _actor, { application, reference, subject = {} }, parent) {
    const name = { application, reference }
    checkKeyName(name)
    if (layerOf(name) === 'base' && without.includes(application))
      throw new MortiseError(
        'MORTISE_KEYMANAGER_REFERENCE',
        `${application} has no keys of its own references`,
      )
    await services.keymanagerPolicies.of(name)
    const ring = await services.rings.read(name)
    if (ring.versions.length > 0) throw new MortiseError('MORTISE_KEYMANAGER_KEY_EXISTS')
    const by = (await services.rings.get(parentOf(name))).versions.find((one) => one.privateKey === parent.id)
    if (!by) throw new MortiseError('MORTISE_KEYMANAGER_KEY_MISSING')
    return makeFirst(
      services,
      { ring, subject, certifier: { privateKey: parent, certificate: by.x509 } },
      { owner: parent.owner, grantsOf: parent.family },
    )
  },
}
