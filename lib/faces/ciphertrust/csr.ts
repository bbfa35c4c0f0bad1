import Type, { type Static } from 'typebox'
import type { AlternativeNames } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, enumOf, exactly } from '../http/index.js'
import { withLines } from './ca_shape.js'
import { type NameFields, nameOf } from './subject_text.js'

const text = (description: string) => Type.Optional(Type.String({ description }))
const texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }))
const field = Type.Optional(Type.String())

/** What a key and a request to certify it are made of. */
export const requestFields = {
  cn: Type.String({ minLength: 1, description: 'Common name' }),
  algorithm: Type.Optional(enumOf(['RSA', 'ECDSA'], { description: 'Default ECDSA' })),
  size: Type.Optional(
    Type.Integer({ description: '2048 (default), 3072, 4096 of RSA; 256 (default), 384, 521 of ECDSA' }),
  ),
  names: Type.Optional(
    Type.Array(exactly({ C: field, ST: field, L: field, O: field, OU: field }), {
      description: 'Of the subject',
    }),
  ),
  dnsNames: texts('Alternative names'),
  emailAddresses: texts('The same'),
  ipAddresses: texts('The same'),
}
const fields = exactly(requestFields)
type Given = Static<typeof fields>

export function requestRoute(app: App): void {
  app.post(
    '/ca/csr',
    {
      schema: {
        tags: ['ciphertrust authorities'],
        operationId: 'ciphertrustCreateCsr',
        summary: 'Make a key and a request to certify it; nothing is kept',
        body: exactly({
          ...requestFields,
          name: text('Is not used: nothing is kept'),
          password: text('Encrypts the key: PKCS#8 with AES-256'),
          encryptionAlgo: Type.Optional(
            enumOf(['AES256', 'AES192', 'AES128', 'TDES'], {
              description: 'Whichever it is, AES256 is used',
            }),
          ),
          privateKeyBytes: text('A key as PEM, in place of a new one'),
        }),
        response: { 201: Type.Object({ csr: Type.String(), key: Type.String() }) },
      },
    },
    async ({ session, body }, reply) => {
      const { password, privateKeyBytes: privateKey } = body
      const { request, privateKey: key } = await session.createCertificateRequest({
        ...(privateKey === undefined ? keyOf(body) : { privateKey: withLines(privateKey) }),
        subject: subjectOf(body),
        names: alternativeNamesOf(body),
        ...(password !== undefined && { password }),
      })
      return reply.code(201).send({ csr: request, key })
    },
  )
}

export function subjectOf({
  cn,
  names = [],
}: {
  readonly cn: string
  readonly names?: readonly NameFields[]
}) {
  return nameOf(cn, names)
}

export function alternativeNamesOf(given: Given): AlternativeNames {
  const { dnsNames, emailAddresses, ipAddresses } = given
  return {
    ...(dnsNames && { dns: dnsNames }),
    ...(emailAddresses && { email: emailAddresses }),
    ...(ipAddresses && { ip: ipAddresses }),
  }
}

/** @throws MORTISE_INPUT_INVALID for a size that keys of the algorithm do not have */
export function keyOf({ algorithm = 'ECDSA', size }: Pick<Given, 'algorithm' | 'size'>) {
  if (algorithm === 'RSA') return { algorithm, length: size ?? 2048 }
  const curve = { 256: 'P-256', 384: 'P-384', 521: 'P-521' }[size ?? 256]
  if (curve !== undefined) return { algorithm: 'EC', curve }
  throw new MortiseError('MORTISE_INPUT_INVALID', 'a key of ECDSA has a size of 256, 384 or 521')
}
