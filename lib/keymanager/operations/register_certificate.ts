import { admit, judgedKey } from '../../crypto/index.js'
import { changedRow, livingStates, newCertificateRow, newId, newRow } from '../../keys/index.js'
import type { ManagedObject, ObjectOperation, ObjectRow, Usage } from '../../operation/index.js'
import { type Certificate, parseCertificate } from '../../x509/index.js'
import { type KeyInfo, keyInfo } from '../info.js'
import { checkKeyName, type KeyName, layerOf, objectName } from '../key_names.js'
import { inheritedGrants } from '../making.js'
import type { KeyRing } from '../rings.js'
import type { KeymanagerServices } from '../services.js'
import { refused } from './install_certificate.js'
import { requireValid } from './verify_with.js'

export interface RegisterKeymanagerCertificateInput extends KeyName {
  /** Id of the private key of ROOT, whose owner and grants it has. */
  readonly root: string
  /** PEM. */
  readonly certificate: string
}

const provider = 'software'

/**
 * Takes in somebody else's certificate, to verify and to encrypt to, in the place of the one before.
 *
 * @throws MORTISE_KEYMANAGER_CERTIFICATE where the key of the name is of here, for the same one again, and one that is not valid now
 */
export const registerKeymanagerCertificate: ObjectOperation<
  KeymanagerServices,
  RegisterKeymanagerCertificateInput,
  KeyInfo
> = {
  name: 'RegisterKeymanagerCertificate',
  permission: 'Certify',
  durability: 'synced',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare(services, _actor, { application, reference, certificate: pem }, root) {
    const name = { application, reference }
    checkKeyName(name)
    const ring = await services.rings.read(name)
    if (layerOf(name) !== 'base' || ring.versions.some(({ privateKey }) => privateKey !== null))
      throw refused('the key of this name is of here: use another reference', 'own')
    const x509 = parseCertificate(pem)
    if (Buffer.from(ring.versions.at(-1)?.x509.der ?? []).equals(x509.der))
      throw refused('this certificate is here already', 'same')
    requireValid(x509, services.clock.now())
    const { publicRow, mark } = await publicKeyRow(services, ring, x509, root)
    const certificateRow = newCertificateRow(services, { id: root.owner }, x509.der, {
      name: objectName('certificate', name),
      links: { publicKey: publicRow.id },
      purpose: 'keymanager',
    })
    const version = { privateKey: null, publicKey: publicRow.id, certificate: certificateRow.id }
    const rows = [...(await unnamed(services, ring)), publicRow, certificateRow]
    const grantsFor = await inheritedGrants(services, root.family)
    return {
      answer: keyInfo(ring, { ...version, x509 }),
      rows: {
        objects: rows.map((row) => ({ row })),
        grants: grantsFor([publicRow, certificateRow].map(({ family }) => family)),
        records: [services.rings.write(ring, [...ring.versions, version])],
      },
      object: certificateRow.id,
      detail: { ...name, serial: x509.serialNumber, notAfter: x509.notAfter.toISOString(), ...mark },
    }
  },
}

async function publicKeyRow(
  services: KeymanagerServices,
  ring: KeyRing,
  { publicKey }: Certificate,
  root: ManagedObject,
) {
  const id = newId()
  const imported = await services
    .provider(provider)
    .importKey({ format: 'spki', bytes: publicKey.der }, { id, serial: 1 }, () => ({
      ...{ usage: [], extractable: true, sensitive: false },
    }))
  const { spec, type, material } = imported
  const mark = admit(services.policy, 'process', judgedKey(spec.algorithm.name, spec.length, spec.curve))
  const may: readonly Usage[] = spec.algorithm.usages.PublicKey ?? []
  const publicRow = newRow(
    services,
    {
      ...{ id, type, spec, material, provider, owner: { id: root.owner }, purpose: 'keymanager' },
      publicKey: publicKey.der,
    },
    {
      name: objectName('public', ring),
      usage: may.filter((usage) => usage === 'Verify' || usage === 'Encrypt'),
    },
  )
  return { publicRow, mark }
}

/** What bore the names before. */
async function unnamed({ objects, barrier }: KeymanagerServices, ring: KeyRing): Promise<ObjectRow[]> {
  const newest = ring.versions.at(-1)
  const ids = newest ? [newest.publicKey, newest.certificate] : []
  const before = await Promise.all(ids.map((object) => objects.find({ object })))
  return before.map((object) => changedRow(barrier, object, { name: null }))
}
