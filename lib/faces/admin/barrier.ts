import Type from 'typebox'
import type { NewRootKey } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, enumOf, nullable } from '../http/index.js'
import { exactly } from './schemas.js'

const tags = ['barrier']
const state = enumOf(['pending', 'active', 'previous'])

export function barrierRoutes(app: App): void {
  app.get(
    '/barrier',
    {
      schema: {
        tags,
        operationId: 'getBarrier',
        summary: 'What the store is sealed with',
        response: {
          200: Type.Object({
            roots: Type.Array(Type.String(), {
              description: 'Ids of root keys; more than one while a rotation is not finished',
            }),
            keyring: Type.Array(
              Type.Object({
                version: Type.Integer(),
                created: Type.Integer({ description: 'Milliseconds since 1970' }),
                state,
              }),
            ),
          }),
        },
      },
    },
    async ({ session }) => session.barrierStatus(),
  )

  app.post(
    '/barrier/root/rotate',
    {
      schema: {
        tags,
        operationId: 'rotateRootKey',
        summary: 'Seal the store with another root key; the next start needs it',
        body: exactly({
          inPlace: Type.Optional(
            Type.Literal(true, { description: 'A new key in the file that has the present one' }),
          ),
          file: Type.Optional(
            Type.String({ minLength: 1, description: 'A file to make on the server, by its absolute path' }),
          ),
          hex: Type.Optional(Type.String({ description: '64 hexadecimal digits' })),
          passphrase: Type.Optional(Type.String({ description: '12 characters or more' })),
          hsm: Type.Optional(
            Type.String({
              minLength: 1,
              description: 'A key of a token that wraps a new one: pkcs11:token=LABEL;object=KEY',
            }),
          ),
        }),
        response: {
          200: Type.Object({
            root: Type.String({ description: 'Id of the new root key' }),
            previous: Type.String(),
            kept: nullable('string', { description: 'File that keeps the old key, for backups made before' }),
          }),
        },
      },
    },
    async ({ session, body }) => session.rotateRoot(oneOf(body)),
  )

  app.post(
    '/barrier/keyring/rotate',
    {
      schema: {
        tags,
        operationId: 'rotateKeyring',
        summary: 'Seal with a new version of the keyring from now on; takes two seconds',
        response: { 200: Type.Object({ version: Type.Integer(), state }) },
      },
    },
    async ({ session }) => session.rotateKeyring(),
  )

  app.post(
    '/barrier/keyring/reseal',
    {
      schema: {
        tags,
        operationId: 'reseal',
        summary: 'Seal a page of older rows again with the active version of the keyring',
        body: exactly({ after: Type.Optional(Type.String({ description: '`next` of the page before' })) }),
        response: {
          200: Type.Object({
            resealed: Type.Integer(),
            next: nullable('string', {
              description: '`after` of the next page; null when all rows were seen',
            }),
          }),
        },
      },
    },
    async ({ session, body }) => session.reseal(body),
  )

  app.post(
    '/barrier/keyring/retire',
    {
      schema: {
        tags,
        operationId: 'retireKeyring',
        summary: 'Remove the versions of the keyring that seal nothing any more',
        response: {
          200: Type.Object({
            retired: Type.Array(Type.Integer()),
            rows: Type.Integer({ description: 'Rows that the oldest version which stays still seals' }),
          }),
        },
      },
    },
    async ({ session }) => session.retireKeyring(),
  )
}

interface RotationBody {
  readonly inPlace?: true
  readonly file?: string
  readonly hex?: string
  readonly passphrase?: string
  readonly hsm?: string
}

function oneOf({ inPlace, file, hex, passphrase, hsm }: RotationBody): NewRootKey {
  const given: NewRootKey[] = [
    ...(inPlace ? [{ inPlace }] : []),
    ...(file === undefined ? [] : [{ file }]),
    ...(hex === undefined ? [] : [{ hex }]),
    ...(passphrase === undefined ? [] : [{ passphrase }]),
    ...(hsm === undefined ? [] : [{ hsm }]),
  ]
  const [one] = given
  if (one && given.length === 1) return one
  throw new MortiseError('MORTISE_INPUT_INVALID', 'give one of inPlace, file, hex, passphrase and hsm')
}
