import { systemPrincipal } from '../../access/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ImportedVersion, importVersions } from '../importing.js'
import type { KeyInfo } from '../info.js'
import { type KeyName, layerOf, parentOf, rootName } from '../key_names.js'
import type { KeymanagerServices } from '../services.js'

export interface ImportKeymanagerKeysInput extends KeyName {
  /** The oldest first. */
  readonly versions: readonly ImportedVersion[]
}

/**
 * Takes in keys of a name that another system has made: before those that are here already, and none twice. They are the system's, as ROOT
 * is, with the grants of what the name has here, else of the key that would certify it, else of ROOT: whoever takes them in cannot use
 * them.
 *
 * @throws MORTISE_KEYMANAGER_CERTIFICATE for a key that its certificate is not of
 */
export const importKeymanagerKeys: SystemOperation<
  KeymanagerServices,
  ImportKeymanagerKeysInput,
  readonly KeyInfo[]
> = {
  name: 'ImportKeymanagerKeys',
  permission: 'AuthorityCreate',
  durability: 'synced',
  async prepare(services, _actor, { application, reference, versions }) {
    const name = { application, reference }
    return importVersions(services, name, versions, {
      owner: systemPrincipal.id,
      grantsOf: await relativeOf(services, name),
    })
  },
}

/** Family of the key whose grants it gets. */
async function relativeOf({ rings, objects }: KeymanagerServices, name: KeyName): Promise<string | null> {
  const names = layerOf(name) === 'root' ? [name] : [name, parentOf(name), rootName]
  for (const one of names) {
    const newest = (await rings.get(one)).versions.at(-1)
    if (newest) return (await objects.find({ object: newest.privateKey ?? newest.publicKey })).family
  }
  return null
}
