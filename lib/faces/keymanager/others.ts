import Type from 'typebox'
import type { TokenSalts } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { App } from '../http/index.js'
import { asks, calls } from './wrapper.js'

const refusals = {
  'MORTISE_INPUT_INVALID tspId': 'KER-LKM-001',
  'MORTISE_INPUT_INVALID licenseKey': 'KER-LKM-006',
  'MORTISE_INPUT_INVALID permissions': 'KER-LKM-007',
  'MORTISE_INPUT_INVALID permission': 'KER-LKM-003',
  'MORTISE_INPUT_INVALID missing': 'KER-LKM-004',
  'MORTISE_INPUT_INVALID ended': 'KER-LKM-005',
  'MORTISE_INPUT_INVALID past': 'KER-LKM-008',
  'MORTISE_INPUT_INVALID empty': 'KER-LKM-009',
}
const text = Type.String()

/** @param salts of token ids; undefined where there are none */
export function otherCalls(app: App, salts: TokenSalts | undefined): void {
  asks(app)(
    '/tokenid/:uin/:partnercode',
    {
      summary: 'What a partner calls somebody by, without knowing the UIN',
      refusals: {
        'MORTISE_INPUT_INVALID empty': 'KER-TIG-010',
        'MORTISE_INPUT_INVALID salts': 'KER-RIG-500',
      },
      answers: { tokenID: text },
    },
    async ({ keymanager, params }) => {
      const [uin, partner] = [params['uin'] ?? '', params['partnercode'] ?? ''].map((one) => one.trim())
      if (!uin || !partner) throw fault('empty', 'the UIN and the partner code are not empty')
      if (!salts)
        throw fault(
          'salts',
          'token ids need keymanager.uinSalt and keymanager.partnerSalt in the configuration',
        )
      return { tokenID: await keymanager.tokenId(uin, partner, salts) }
    },
  )
  const post = calls(app, 'POST')
  post(
    '/license/generate',
    { summary: 'Make a licence for nothing yet', refusals, answers: { licenseKey: text } },
    async ({ keymanager, fields }) => {
      const provider = required(fields.text('tspId'), 'tspId')
      fields.require(['licenseExpiryTime'])
      const expires = fields.date('licenseExpiryTime')?.getTime() ?? 0
      return { licenseKey: await keymanager.licenses.create(provider, expires) }
    },
  )
  post(
    '/license/permission',
    { summary: 'Say what a licence is for', refusals, answers: { status: text } },
    async ({ keymanager, fields }) => {
      const permissions = fields.texts('permissions')
      for (const one of permissions) required(one, 'permissions')
      await keymanager.licenses.extend(
        required(fields.text('tspId'), 'tspId'),
        required(fields.text('licenseKey'), 'licenseKey'),
        permissions,
      )
      return { status: 'Mapped License with the permissions' }
    },
  )
  asks(app)(
    '/license/permission',
    { summary: 'What a licence is for', refusals, answers: { permissions: Type.Array(text) } },
    async ({ keymanager, fields }) => ({
      permissions: await keymanager.licenses.permissions(
        required(fields.text('tspId'), 'tspId'),
        required(fields.text('licenseKey'), 'licenseKey'),
      ),
    }),
  )
}

/** Of licences MOSIP has a code for each field that is empty. */
function required(value: string, field: string): string {
  if (value.trim() !== '') return value
  throw fault(field, `request.${field} should not be null or empty`)
}

function fault(fault: string, message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, { details: { fault } })
}
