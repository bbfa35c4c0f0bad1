import Type from 'typebox'
import type { KeyManager } from '../../core/index.js'
import { type App, doorOf, exactly } from '../http/index.js'
import { requireRoot } from './domains.js'
import { readBody } from './reading.js'
import { userOf, userSchema } from './user_shape.js'
import { ownChanges, ownFields } from './users.js'

const tags = ['ciphertrust self']

/** Needs no token: whoever it is about proves itself by the present password, and no bearer is looked at. */
export function changePasswordRoute(app: App, keyManager: KeyManager): void {
  app.patch(
    '/auth/changepw',
    {
      schema: {
        tags,
        operationId: 'ciphertrustChangePassword',
        summary: 'Change the password of whoever the name and present password are of; its tokens end',
        security: [],
        body: exactly({
          username: Type.String(),
          password: Type.String({ description: 'The present one' }),
          new_password: Type.String({ description: 'As the password policy asks' }),
          auth_domain: Type.Optional(Type.String({ description: 'root' })),
        }),
        response: { 204: Type.Null({ description: 'Nothing' }) },
      },
    },
    async (asking, reply) => {
      const { body } = asking
      requireRoot(body.auth_domain)
      const { username: name, password, new_password: fresh } = body
      const session = await keyManager.authenticate({ name, password }, doorOf('ciphertrust', asking))
      await session.setOwnPassword(password, fresh)
      return reply.code(204).send(null)
    },
  )
}

export function ownRoutes(app: App): void {
  app.get(
    '/auth/self/user',
    {
      schema: {
        tags,
        operationId: 'ciphertrustGetSelf',
        summary: 'One’s own record, but for what is hidden from oneself',
        response: { 200: userSchema },
      },
    },
    async ({ session }) => userOf(await session.ownUser()),
  )

  app.patch(
    '/auth/self/user',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustSetSelf',
        summary: 'Change one’s own names or user_metadata',
        body: exactly(ownFields),
        response: { 200: userSchema },
      },
    },
    async ({ session, body }) => userOf(await session.setOwnUser(ownChanges(body))),
  )
}
