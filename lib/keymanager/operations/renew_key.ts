import { MortiseError } from '../../errors/index.js'
import { livingStates } from '../../keys/index.js'
import type { ObjectOperation, ObjectPermission } from '../../operation/index.js'
import type { Certifier } from '../certifying.js'
import { type KeyInfo, keyInfo } from '../info.js'
import { type KeyName, layerOf, parentOf } from '../key_names.js'
import { makeNext } from '../making.js'
import { currentVersion } from '../rings.js'
import type { KeymanagerServices } from '../services.js'
import type { SubjectInput } from '../subject.js'

export interface RenewKeymanagerKeyInput extends KeyName {
  /** Id of the newest private or public key of the name. */
  readonly object: string
  /**
   * What it is wanted for: whoever may do that with the key may have the one that its policy has due. `Rekey` makes another key though the
   * present one would do.
   */
  readonly use: ObjectPermission
  readonly subject?: SubjectInput
}

/** Makes the key that comes after another one; a key that is current is answered as it is. */
export const renewKeymanagerKey: ObjectOperation<KeymanagerServices, RenewKeymanagerKeyInput, KeyInfo> = {
  name: 'RenewKeymanagerKey',
  permission: ({ use }) => [use],
  durability: 'synced',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { application, reference, use, subject = {} }, object) {
    const name = { application, reference }
    const policy = await services.keymanagerPolicies.of(name)
    const ring = await services.rings.read(name)
    const newest = ring.versions.at(-1)
    if (!newest || !ring.versions.some((one) => [one.privateKey, one.publicKey].includes(object.id)))
      throw new MortiseError('MORTISE_KEYMANAGER_KEY_MISSING')
    const current = use === 'Rekey' ? undefined : await currentVersion(services, ring, policy)
    if (current) return { answer: keyInfo(ring, current) }
    if (newest.privateKey === null)
      throw new MortiseError('MORTISE_KEYMANAGER_CERTIFICATE', 'the certificate that was uploaded has ended')
    const certifier = layerOf(name) === 'root' ? undefined : await certifierOf(services, name)
    return makeNext(services, { ring, subject, certifier }, newest)
  },
}

async function certifierOf(services: KeymanagerServices, name: KeyName): Promise<Certifier> {
  const by = (await services.rings.get(parentOf(name))).versions.at(-1)
  const privateKey = by?.privateKey ? await services.objects.find({ object: by.privateKey }) : undefined
  const isGood = by && by.x509.notAfter.getTime() > services.clock.now() && privateKey?.state === 'Active'
  if (isGood) return { privateKey, certificate: by.x509 }
  throw new MortiseError('MORTISE_KEYMANAGER_KEY_MISSING', 'the key that certifies this one has ended')
}
