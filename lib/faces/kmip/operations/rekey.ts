import type { RekeyInput, Session } from '../../../core/index.js'
import { type Usage, usageMask } from '../../../core/index.js'
import type { GivenAttribute } from '../attributes/read.js'
import { interval } from '../fields.js'
import { newObject, usagesOf } from '../objects/new_object.js'
import { saidIn } from '../objects/template.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.46. */
export const rekey: KmipOperation = {
  name: 'ReKey',
  effect: 'final',
  async run(request) {
    const { payload, session } = request
    const object = objectOf(request)
    const said = await saidIn(request)
    const { replacement } = await session.rekey(
      object,
      rekeyInput(said, payload.optional(Tag.Offset, interval)),
    )
    await nameAlso(session, replacement.id, said)
    return identified(replacement.id, { made: { ReKey: replacement.id } })
  },
}

const dateNames: ReadonlySet<string> = new Set([
  'ActivationDate',
  'ProcessStartDate',
  'ProtectStopDate',
  'DeactivationDate',
])

/** What may be otherwise in the next version. */
export function rekeyInput(
  said: readonly GivenAttribute[],
  offset: number | undefined,
): Omit<RekeyInput, 'object'> {
  const { length, curve, mask, extractable, attributes } = newObject(said)
  const dates = Object.entries(attributes).filter(([name]) => dateNames.has(name))
  const { usage } = usagesOf(mask, Object.keys(usageMask) as Usage[])
  return {
    ...(offset !== undefined && { offset: `PT${offset}S` }),
    ...(dates.length > 0 && { dates: Object.fromEntries(dates) }),
    ...(length !== undefined && curve === undefined && { length }),
    ...(curve !== undefined && { curve }),
    ...(usage && { usage }),
    ...(extractable === false && { extractable }),
  }
}

/** Names of the new version beside those that go over to it, where the request has some. */
export async function nameAlso(session: Session, id: string, said: readonly GivenAttribute[]): Promise<void> {
  const { name, furtherNames = [] } = newObject(said)
  if (name === undefined) return
  const { Name: has = [] } = await session.attributes(id, ['Name'])
  const missing = [name, ...furtherNames].filter((one) => !(has as readonly string[]).includes(one))
  for (const one of missing) await session.addAttribute(id, 'Name', one)
}
