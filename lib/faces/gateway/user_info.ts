import Type from 'typebox'
import { getUserClaims } from '../../core/index.js'
import type { App } from '../http/index.js'

/** What the directory says of users, as WSO2's client asks for it. */
export function userInfoRoutes(app: App): void {
  app.post(
    '/keymanager-operations/user-info/claims/generate',
    {
      schema: {
        tags: ['gateway'],
        operationId: 'generateUserClaims',
        summary: 'Claims of a user, from the directory',
        body: Type.Object({
          username: Type.String(),
          dialect: Type.Optional(Type.String({ description: 'Default http://wso2.org/claims' })),
        }),
        response: {
          200: Type.Object({
            count: Type.Integer(),
            list: Type.Array(Type.Object({ uri: Type.String(), value: Type.String() })),
          }),
        },
      },
    },
    async ({ session, body: { username, dialect } }) => {
      const list = await session.run(getUserClaims, { username, ...(dialect && { dialect }) })
      return { count: list.length, list: [...list] }
    },
  )
}
