import Type from 'typebox'
import { factorMethods, qrSvg } from '../../core/index.js'
import { type App, enumOf, nullable } from '../http/index.js'
import { principalParams } from './principals.js'
import { exactly, optionalBody } from './schemas.js'

const tags = ['second factors']

const bytes = (description: string) =>
  Type.String({ maxLength: 65_536, description: `${description}, base64url` })
const time = Type.Integer({ description: 'Milliseconds since 1970' })
const label = Type.Optional(Type.String({ description: 'At most 255 characters' }))

/** What PublicKeyCredential.toJSON says, as far as it is looked at. */
const credential = {
  id: bytes('Credential id'),
  rawId: bytes('The same'),
  type: Type.String({ description: 'public-key' }),
}

const assertion = Type.Object({
  ...credential,
  response: Type.Object({
    clientDataJSON: bytes('What was signed for'),
    authenticatorData: bytes('What the authenticator says'),
    signature: bytes('Over both'),
    userHandle: Type.Optional(bytes('Whose it is')),
  }),
})

const registration = Type.Object({
  ...credential,
  response: Type.Object({
    clientDataJSON: bytes('What was asked for'),
    attestationObject: bytes('The new passkey'),
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 })),
  }),
})

/** FactorProof of the core. */
export const factorProof = exactly({
  challenge: bytes('The challenge that is answered'),
  totp: Type.Optional(Type.String({ description: '6 digits of an authenticator app' })),
  recovery: Type.Optional(Type.String({ description: 'A recovery code' })),
  passkey: Type.Optional(assertion),
})

const factor = Type.Object({
  id: Type.String(),
  principal: Type.String({ description: 'Principal id' }),
  method: enumOf(['totp', 'passkey'] as const),
  label: Type.String(),
  created: time,
})

const factorList = Type.Object({
  factors: Type.Array(factor),
  recoveryCodes: Type.Integer({ description: 'How many are left' }),
})

const creation = Type.Object({
  rp: Type.Object({ id: Type.String(), name: Type.String() }),
  user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
  challenge: Type.String(),
  pubKeyCredParams: Type.Array(Type.Object({ type: Type.String(), alg: Type.Integer() })),
  timeout: Type.Integer({ description: 'Milliseconds' }),
  excludeCredentials: Type.Array(
    Type.Object({ type: Type.String(), id: Type.String(), transports: Type.Array(Type.String()) }),
  ),
  authenticatorSelection: Type.Object({ residentKey: Type.String(), userVerification: Type.String() }),
  attestation: Type.String(),
})

/** A text that stands in a path. */
const factorId = Type.String({ minLength: 1, description: 'Id of the factor' })

export function factorRoutes(app: App): void {
  app.get(
    '/me/factors',
    {
      schema: {
        tags,
        operationId: 'listOwnFactors',
        summary: 'One’s own second factors',
        response: { 200: factorList },
      },
    },
    async ({ session }) => session.factors(),
  )

  app.post(
    '/me/factors/totp',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'enrolTotp',
        summary: 'Begin to enrol an authenticator app; the secret is in this answer and nowhere else',
        body: exactly({ label }),
        response: {
          201: Type.Object({
            id: Type.String({ description: 'Of the factor, to confirm' }),
            uri: Type.String({ description: 'otpauth://totp/...' }),
            secret: Type.String({ description: 'Base32, for typing' }),
            svg: Type.String({ description: 'The URI as a QR code' }),
          }),
        },
      },
    },
    async ({ session, body }, reply) => {
      const enrolment = await session.enrolTotp(body)
      return reply.code(201).send({ ...enrolment, svg: qrSvg(enrolment.uri) })
    },
  )

  app.post(
    '/me/factors/totp/:factor/confirm',
    {
      schema: {
        tags,
        operationId: 'confirmTotp',
        summary: 'Complete the enrolment with a code that the app shows',
        params: Type.Object({ factor: factorId }),
        body: exactly({ code: Type.String({ description: '6 digits' }) }),
        response: { 200: factor },
      },
    },
    async ({ session, params, body }) => session.confirmTotp(params.factor, body.code),
  )

  app.post(
    '/me/factors/passkey',
    {
      schema: {
        tags,
        operationId: 'beginPasskey',
        summary: 'Begin to enrol a passkey: what to call navigator.credentials.create with',
        response: { 200: creation },
      },
    },
    async ({ session }) => session.beginPasskey(),
  )

  app.post(
    '/me/factors/passkey/finish',
    {
      schema: {
        tags,
        operationId: 'finishPasskey',
        summary: 'Complete the enrolment with what the browser has answered',
        body: exactly({ challenge: bytes('That it was called with'), registration, label }),
        response: { 201: factor },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.finishPasskey(body)),
  )

  app.delete(
    '/me/factors/:factor',
    {
      schema: {
        tags,
        operationId: 'removeOwnFactor',
        summary: 'Remove a second factor of one’s own',
        params: Type.Object({ factor: factorId }),
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params }, reply) => {
      await session.removeFactor(params.factor)
      return reply.code(204).send()
    },
  )

  app.post(
    '/me/recovery-codes',
    {
      schema: {
        tags,
        operationId: 'newRecoveryCodes',
        summary: 'New recovery codes, in place of the old ones; they are in this answer and nowhere else',
        response: { 200: Type.Object({ codes: Type.Array(Type.String()) }) },
      },
    },
    async ({ session }) => ({ codes: await session.newRecoveryCodes() }),
  )

  app.post(
    '/me/step-up/challenge',
    {
      schema: {
        tags,
        operationId: 'challengeFactor',
        summary: 'Be asked for a second factor again',
        response: {
          200: Type.Object({
            challenge: Type.String(),
            expires: time,
            methods: Type.Array(enumOf(factorMethods)),
            rpId: nullable('string'),
            credentials: Type.Array(Type.String({ description: 'Id of a passkey' })),
          }),
        },
      },
    },
    async ({ session }) => session.challengeFactor(),
  )

  app.post(
    '/me/step-up',
    {
      schema: {
        tags,
        operationId: 'proveFactor',
        summary: 'Answer, for what takes a factor that was proved lately',
        body: factorProof,
        response: { 200: Type.Object({ method: enumOf(factorMethods), at: time }) },
      },
    },
    async ({ session, body }) => session.proveFactor(body),
  )

  app.get(
    '/principals/:id/factors',
    {
      schema: {
        tags,
        operationId: 'listFactors',
        summary: 'Somebody’s second factors',
        params: principalParams,
        response: { 200: factorList },
      },
    },
    async ({ session, params }) => session.factors(params.id),
  )

  app.delete(
    '/principals/:id/factors/:factor',
    {
      schema: {
        tags,
        operationId: 'removeFactor',
        summary: 'Take a second factor from somebody who has lost it',
        params: Type.Object({ ...principalParams.properties, factor: factorId }),
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params }, reply) => {
      await session.removeFactor(params.factor, params.id)
      return reply.code(204).send()
    },
  )
}
