import { MortiseError } from '../../errors/index.js'
import { changedRow, livingStates, nextCertificateRow } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { parseCertificate } from '../../x509/index.js'
import { type KeyInfo, keyInfo } from '../info.js'
import { type KeyName, layerOf } from '../key_names.js'
import { replacedRow } from '../making.js'
import { keyIdOf } from '../rings.js'
import type { KeymanagerServices } from '../services.js'
import { requireValid } from './verify_with.js'

export interface InstallKeymanagerCertificateInput extends KeyName {
  /** Id of the newest private key of the name. */
  readonly object: string
  /** PEM. */
  readonly certificate: string
}

/**
 * Gives a key another certificate, which another authority has signed. It does not put off that the key is replaced: that is due when it
 * was before, or when the certificate ends.
 *
 * @throws MORTISE_KEYMANAGER_CERTIFICATE for one of another key, that signs itself, or is not valid now
 */
export const installKeymanagerCertificate: ObjectOperation<
  KeymanagerServices,
  InstallKeymanagerCertificateInput,
  KeyInfo
> = {
  name: 'InstallKeymanagerCertificate',
  permission: 'AuthorityManage',
  durability: 'synced',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { application, reference, certificate: pem }, object) {
    const ring = await services.rings.read({ application, reference })
    const newest = ring.versions.at(-1)
    if (newest?.privateKey !== object.id) throw new MortiseError('MORTISE_KEYMANAGER_KEY_MISSING')
    const x509 = parseCertificate(pem)
    if (keyIdOf(x509) !== keyIdOf(newest.x509))
      throw refused('the certificate is of another key: make a request of this one', 'key')
    if (layerOf(ring) !== 'root' && x509.subject.equals(x509.issuer))
      throw refused('a certificate that signs itself says nothing', 'self')
    requireValid(x509, services.clock.now())
    const old = await services.objects.find({ object: newest.certificate })
    const links = { privateKey: object.id, publicKey: newest.publicKey }
    const row = nextCertificateRow(services, old, x509.der, { links, offset: 0 })
    const version = { ...newest, certificate: row.id, before: newest.thumbprints }
    const keys = [object, await services.objects.find({ object: newest.publicKey })].map((key) =>
      changedRow(services.barrier, key, { values: { links: { ...key.values.links, certificate: row.id } } }),
    )
    return {
      answer: keyInfo(ring, { ...version, x509 }),
      rows: {
        objects: [replacedRow(services, old, row.id), ...keys, row].map((one) => ({ row: one })),
        records: [services.rings.write(ring, [...ring.versions.slice(0, -1), version])],
      },
      detail: {
        ...{ application, reference, certificate: row.id },
        ...{ serial: x509.serialNumber, notAfter: x509.notAfter.toISOString() },
      },
    }
  },
}

/** @param fault for whoever renders it */
export function refused(message: string, fault: string): MortiseError {
  return new MortiseError('MORTISE_KEYMANAGER_CERTIFICATE', message, { details: { fault } })
}
