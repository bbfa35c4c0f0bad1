import Type from 'typebox'
import { type ClientKind, clientKinds } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { App } from '../http/index.js'
import { calls, type Fields } from './wrapper.js'

const refusals = {
  MORTISE_CRYPTO_DECRYPTION_FAILED: 'KER-CC-004',
  MORTISE_CRYPTO_KEY_INVALID: 'KER-CC-004',
  MORTISE_KEYMANAGER_KEY_MISSING: 'KER-CC-002',
}
const bytes = Type.String({ description: 'base64url' })

/** What MOSIP's clients do with the key of their machine, done with that of the application RESIDENT. */
export function clientCryptoCalls(app: App): void {
  const post = calls(app, 'POST')
  post(
    '/cssign',
    { summary: 'Sign bytes with RS256', required: ['data'], refusals, answers: { data: bytes } },
    async ({ keymanager, fields }) => ({
      data: (await keymanager.clients.sign(fields.bytes('data'))).toString('base64url'),
    }),
  )
  post(
    '/csverifysign',
    {
      summary: 'Verify what a client has signed',
      required: ['data', 'signature', 'publicKey'],
      refusals,
      answers: { verified: Type.Boolean() },
    },
    async ({ keymanager, fields }) => ({
      verified: await keymanager.clients.verify(
        fields.bytes('publicKey'),
        kindIn(fields),
        fields.bytes('data'),
        fields.bytes('signature'),
      ),
    }),
  )
  const crypting = { required: ['value', 'publicKey'], refusals, answers: { value: bytes } }
  post('/tpmencrypt', { ...crypting, summary: 'Encrypt to a client' }, async ({ keymanager, fields }) => {
    const publicKey = fields.bytes('publicKey')
    const sealed = await keymanager.clients.encrypt(publicKey, kindIn(fields), fields.bytes('value'))
    return { value: sealed.toString('base64url') }
  })
  post(
    '/tpmdecrypt',
    { ...crypting, summary: 'Open what was encrypted to the key of here' },
    async ({ keymanager, fields }) => ({
      value: (await keymanager.clients.decrypt(fields.bytes('value'))).toString('base64url'),
    }),
  )
  for (const use of ['signing', 'encryption'])
    post(
      `/tpm${use}/publickey`,
      {
        summary: `The public key of here for ${use}`,
        required: ['serverProfile'],
        refusals,
        answers: { publicKey: bytes },
      },
      async ({ keymanager }) => ({
        publicKey: Buffer.from(await keymanager.clients.publicKey()).toString('base64url'),
      }),
    )
}

function kindIn(fields: Fields): ClientKind {
  const asked = fields.text('clientType') || (fields.flag('isTpm') ? 'TPM' : 'LOCAL')
  const found = clientKinds.find((one) => one === asked)
  if (found) return found
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `request.clientType should be one of ${clientKinds.join(', ')}`,
  )
}
