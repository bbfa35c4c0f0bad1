import { hash } from 'node:crypto'
import { MortiseError } from '../errors/index.js'
import {
  changedRow,
  checkNewObject,
  livingStates,
  type NewKeyAttributes,
  newCertificateRow,
  nextCertificateRow,
} from '../keys/index.js'
import type { AlsoOn, ManagedObject, ObjectRow, Subject } from '../operation/index.js'
import { parseTbsCertificate } from '../x509/index.js'
import { refused } from './names.js'
import type { CaServices } from './services.js'

/** The Certificate object that a certificate is to be besides, so that it is found and got as keys are. */
export type CertificateObjectInput = NewCertificateObject | NextCertificateObject

interface NewCertificateObject extends Omit<NewKeyAttributes, 'usage'> {
  /** Id or name of the PublicKey object that is certified: each is linked to the other. Default none. */
  readonly publicKey?: string
}

/** Whatever is not its own it has of the one before, the name too, as the next version of a key. */
interface NextCertificateObject {
  /** Id or name of the newest Certificate object of the same key. */
  readonly replaces: string
  /** Milliseconds from now to its activation, with which its other dates are moved. Default: the dates of the one before. */
  readonly offset?: number
}

/** An operation that makes such an object: of a key that is here, or in place of another certificate. */
interface WithObject {
  readonly object?: CertificateObjectInput | undefined
}

/** What is asked of the objects that it is linked to. */
export function linkedObjects({ object }: WithObject): readonly AlsoOn<WithObject>[] {
  if (!object) return []
  const asked = { states: livingStates, purposes: ['general'] } as const
  if ('replaces' in object) return [{ ...asked, target: { object: object.replaces }, permission: 'Rekey' }]
  if (object.publicKey === undefined) return []
  return [{ ...asked, target: { object: object.publicKey }, permission: 'ModifyAttributes' }]
}

/**
 * Whether the object can be made, before anything is signed.
 *
 * @param message TBSCertificate
 * @throws MORTISE_CERTIFICATE_REFUSED for another key than that of the object, MORTISE_KEY_STATE for a certificate that was replaced
 *   already, MORTISE_NAME_TAKEN, MORTISE_INPUT_INVALID
 */
export async function checkCertificateObject(
  services: CaServices,
  object: CertificateObjectInput,
  linked: ManagedObject | undefined,
  message: Uint8Array,
): Promise<void> {
  const wanted = 'replaces' in object ? 'Certificate' : 'PublicKey'
  if (linked && linked.type !== wanted) throw refused(`one of the objects is no ${wanted}`)
  const { publicKey } = parseTbsCertificate(message)
  if (linked && linked.values.publicKeyDigest !== hash('sha256', publicKey.der))
    throw refused('what is to be certified is another key than that of the object')
  if (!('replaces' in object)) return checkNewObject(services, 'Certificate', attributesIn(object))
  const [newest] = linked ? await services.objects.family(linked.family) : []
  if (newest?.id === linked?.id) return
  throw new MortiseError('MORTISE_KEY_STATE', 'only the newest certificate of a key is replaced', {
    details: { newest: newest?.id ?? null },
  })
}

/** The row of the object, and those of the objects that are linked to it: in the order in which names change hands. */
export async function certificateObjectRows(
  services: CaServices,
  actor: Subject,
  object: CertificateObjectInput,
  linked: ManagedObject | undefined,
  der: Uint8Array,
): Promise<{ readonly id: string; readonly rows: readonly ObjectRow[] }> {
  if ('replaces' in object) {
    if (!linked) throw new MortiseError('MORTISE_INTERNAL')
    return replacing(services, object, linked, der)
  }
  const links = linked && { publicKey: linked.id }
  const row = newCertificateRow(services, actor, der, {
    ...attributesIn(object),
    ...(links && { links }),
    purpose: 'general',
  })
  return { id: row.id, rows: [...(linked ? [certified(services, linked, row)] : []), row] }
}

async function replacing(
  services: CaServices,
  { offset }: NextCertificateObject,
  old: ManagedObject,
  der: Uint8Array,
): Promise<{ readonly id: string; readonly rows: readonly ObjectRow[] }> {
  const key = old.values.links?.publicKey
  const publicKey = key === undefined ? undefined : await services.objects.byId(key)
  const links = key === undefined ? {} : { publicKey: key }
  const row = nextCertificateRow(services, old, der, { links, offset })
  const replaced = changedRow(services.barrier, old, {
    name: null,
    values: { links: { ...old.values.links, replacement: row.id }, furtherNames: undefined },
  })
  const isLinked = publicKey?.values.links?.certificate === old.id && publicKey.owner === old.owner
  return { id: row.id, rows: [replaced, ...(isLinked ? [certified(services, publicKey, row)] : []), row] }
}

/** A key whose newest certificate is another one now. */
function certified({ barrier }: CaServices, key: ManagedObject, { id }: ObjectRow): ObjectRow {
  return changedRow(barrier, key, { values: { links: { ...key.values.links, certificate: id } } })
}

function attributesIn({ publicKey: _, ...attributes }: NewCertificateObject): NewKeyAttributes {
  return attributes
}
