import Type from 'typebox'
import { type RevocationReason, revocationReasons } from '../../core/index.js'
import { type App, enumOf } from '../http/index.js'
import { exactly, objectInfo, objectParams, optionalBody, usages } from './schemas.js'

const tags = ['keys']

const rekeyDates = exactly(
  Object.fromEntries(
    ['ActivationDate', 'ProcessStartDate', 'ProtectStopDate', 'DeactivationDate'].map((name) => [
      name,
      Type.Optional(Type.String({ description: 'ISO 8601. Instead of that of the old version' })),
    ]),
  ),
)

export function lifecycleRoutes(app: App): void {
  app.post(
    '/keys/:id/activate',
    {
      schema: {
        tags,
        operationId: 'activateKey',
        summary: 'Make a PreActive object usable',
        params: objectParams,
        response: { 200: objectInfo },
      },
    },
    async ({ session, params }) => session.activate(params.id),
  )

  app.post(
    '/keys/:id/revoke',
    {
      schema: {
        tags,
        operationId: 'revokeKey',
        summary: 'End the use of an object; its leases end at once',
        params: objectParams,
        body: exactly({
          reason: enumOf(Object.keys(revocationReasons) as RevocationReason[]),
          message: Type.Optional(Type.String({ description: 'At most 1,024 characters' })),
          occurred: Type.Optional(Type.String({ description: 'When a compromise occurred, ISO 8601' })),
        }),
        response: { 200: objectInfo },
      },
    },
    async ({ session, params, body }) => session.revoke(params.id, body.reason, body.message, body.occurred),
  )

  app.post(
    '/keys/:id/destroy',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'destroyKey',
        summary: 'Destroy a key for ever, at once or on a day; an Active one must be revoked first',
        params: objectParams,
        body: exactly({
          afterDays: Type.Optional(
            Type.Integer({
              description: '0 for at once, or 7 to 30. Default: the setting destroy.delayDays',
            }),
          ),
        }),
        response: { 200: objectInfo },
      },
    },
    async ({ session, params, body }) => session.destroy(params.id, body),
  )

  app.post(
    '/keys/:id/cancel-destroy',
    {
      schema: {
        tags,
        operationId: 'cancelDestroyKey',
        summary: 'Take back a destruction that is scheduled',
        params: objectParams,
        response: { 200: objectInfo },
      },
    },
    async ({ session, params }) => session.cancelDestroy(params.id),
  )

  app.post(
    '/keys/:id/archive',
    {
      schema: {
        tags,
        operationId: 'archiveKey',
        summary: 'Take an object out of use until it is recovered; its leases end at once',
        params: objectParams,
        response: { 200: objectInfo },
      },
    },
    async ({ session, params }) => session.archive(params.id),
  )

  app.post(
    '/keys/:id/recover',
    {
      schema: {
        tags,
        operationId: 'recoverKey',
        summary: 'Bring an archived object back',
        params: objectParams,
        response: { 200: objectInfo },
      },
    },
    async ({ session, params }) => session.recover(params.id),
  )

  app.post(
    '/keys/:id/rekey',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'rekeyKey',
        summary: 'Make the next version of a key; the name moves to it',
        params: objectParams,
        body: exactly({
          offset: Type.Optional(
            Type.String({
              description: 'From now to its activation: ISO 8601 (P7D) or 7d. Default: as the old dates are',
            }),
          ),
          dates: Type.Optional(rekeyDates),
          length: Type.Optional(Type.Integer({ description: 'Bits. Default: as before' })),
          curve: Type.Optional(Type.String()),
          usage: Type.Optional(usages),
          extractable: Type.Optional(
            Type.Literal(false, { description: 'The new version cannot be exported. Default: as before' }),
          ),
          description: Type.Optional(Type.String()),
        }),
        response: { 200: Type.Object({ replacement: objectInfo, replaced: objectInfo }) },
      },
    },
    async ({ session, params, body }) => session.rekey(params.id, body),
  )
}
