import { certifyingSigner, judge, judgedCertifying, protectStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { buildRequest } from '../../x509/index.js'
import type { KeyName } from '../key_names.js'
import type { KeymanagerServices } from '../services.js'
import { type SubjectInput, subjectOf } from '../subject.js'

export interface CreateKeymanagerRequestInput extends KeyName {
  /** Id of the private key. */
  readonly object: string
  readonly subject: SubjectInput
}

/** A request (PKCS#10, DER) that another authority certifies the key. */
export const createKeymanagerRequest: ObjectOperation<
  KeymanagerServices,
  CreateKeymanagerRequestInput,
  Buffer
> = {
  name: 'CreateKeymanagerRequest',
  permission: 'AuthorityManage',
  durability: 'synced',
  states: protectStates,
  purposes: ['keymanager'],
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { application, reference, subject: asked }, object) {
    const mark = judge(services, 'protect', object, judgedCertifying(object))
    const subject = subjectOf({ application, reference }, asked)
    const publicKey = await services.objects.find({ object: object.values.links?.publicKey ?? '' })
    const spki = await services.provider(publicKey.provider).open(publicKey).export({ format: 'spki' })
    const request = await buildRequest({ subject, publicKey: spki }, certifyingSigner(services, object))
    return { answer: Buffer.from(request.der), detail: { subject: subject.text, ...mark } }
  },
}
