import { looksAtScopes, ObjectGrants, type ObjectRights } from '../access/index.js'
import type { ManagedObject, Subject } from '../operation/index.js'
import type { KeyServices } from './services.js'

/** What the decision needs of an object, and the version of the key that it was taken from, where that is another one. */
export interface KeyRights extends ObjectRights {
  readonly bearer?: ManagedObject
}

type Sources = Pick<KeyServices, 'objects' | 'grants'>

/**
 * What is decided by when somebody asks for an object. Rights are on the key: its grants are those of the family, and its
 * name and object groups those of the version that bears the name, whichever version is asked for.
 *
 * @throws MORTISE_BARRIER_INTEGRITY
 */
export async function rightsOn(
  services: Sources,
  subject: Subject,
  object: ManagedObject,
): Promise<KeyRights> {
  if (object.owner === subject.id) return rights(object, object, ObjectGrants.none)
  const bearer = looksAtScopes(subject) ? await services.objects.bearer(object) : object
  return rights(object, bearer, await services.grants.on(object.family))
}

/** The same without waiting; undefined where some of it is not in memory. */
export function rightsKnown(
  services: Sources,
  subject: Subject,
  object: ManagedObject,
): KeyRights | undefined {
  if (object.owner === subject.id) return rights(object, object, ObjectGrants.none)
  const grants = services.grants.known(object.family)
  const bearer = looksAtScopes(subject) ? services.objects.knownBearer(object) : object
  return grants && bearer && rights(object, bearer, grants)
}

function rights(object: ManagedObject, bearer: ManagedObject, grants: ObjectGrants): KeyRights {
  return {
    owner: object.owner,
    purpose: object.purpose,
    name: bearer.name,
    objectGroups: bearer.values.objectGroups ?? [],
    grants,
    ...(bearer !== object && { bearer }),
  }
}
