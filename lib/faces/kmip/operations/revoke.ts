import { type RevocationReason, revocationReasons } from '../../../core/index.js'
import { isoOf } from '../attributes/values.js'
import { refuse } from '../engine/refusal.js'
import { dateTime, enumerated, structure, text } from '../fields.js'
import { enumerationNames, Tag } from '../tables/index.js'
import { alongWith } from './cascade.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

const reasonNames = enumerationNames('RevocationReasonCode')

/** KMIP 2.1 section 6.1.44. */
export const revoke: KmipOperation = {
  name: 'Revoke',
  effect: 'undo',
  async run(request) {
    const { payload, session } = request
    const given = payload.required(Tag.RevocationReason, structure)
    const reason = reasonNames.name(given.required(Tag.RevocationReasonCode, enumerated))
    if (!isReason(reason)) throw refuse('InvalidField', 'there is no such revocation reason')
    const occurred = payload.optional(Tag.CompromiseOccurrenceDate, dateTime)
    const object = objectOf(request)
    const { DeactivationDate: planned, ObjectType: type } = await session.attributes(object, [
      'DeactivationDate',
      'ObjectType',
    ])
    const message = given.optional(Tag.RevocationMessage, text)
    const since = occurred === undefined ? undefined : isoOf(occurred)
    const { id, compromised, deactivated } = await session.revoke(object, reason, message, since)
    for (const other of await alongWith(request, id))
      if ((await session.get(other)).state === 'Active') await session.revoke(other, reason, message, since)
    // An authority that has revoked a certificate does not take that back.
    if (type === 'Certificate') return identified(id)
    return identified(id, {
      undo: () =>
        session.cancelRevocation(id, {
          revoked: String(compromised ?? deactivated),
          ...(planned !== undefined && { deactivated: String(planned) }),
        }),
    })
  },
}

function isReason(name: string | undefined): name is RevocationReason {
  return name !== undefined && Object.hasOwn(revocationReasons, name)
}
