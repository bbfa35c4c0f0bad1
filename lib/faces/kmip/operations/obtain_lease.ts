import { secondsOf } from '../attributes/values.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.35. */
export const obtainLease: KmipOperation = {
  name: 'ObtainLease',
  effect: 'read',
  async run(request) {
    const lease = await request.session.obtainLease(objectOf(request))
    return identified(lease.id, {
      write(writer) {
        writer.interval(Tag.LeaseTime, lease.seconds)
        writer.dateTime(Tag.LastChangeDate, secondsOf(lease.lastChange))
      },
    })
  },
}
