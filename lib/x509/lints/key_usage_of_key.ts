import type { TbsCertificate } from '../certificate.js'
import { type KeyUsage, keyUsages } from '../extensions/key_usage.js'
import type { Lint } from '../lint.js'

const signing = [
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'encipherOnly',
  'decipherOnly',
] as const
const agreeing = keyUsages.filter(
  (usage) => !['keyAgreement', 'encipherOnly', 'decipherOnly'].includes(usage),
)

/** By the algorithm of the key. */
const impossible: Readonly<Record<string, readonly KeyUsage[]>> = {
  RSA: ['keyAgreement', 'encipherOnly', 'decipherOnly'],
  EC: ['keyEncipherment', 'dataEncipherment'],
  Ed25519: signing,
  Ed448: signing,
  X25519: agreeing,
  X448: agreeing,
}

export const keyUsageOfKey: Lint<TbsCertificate> = {
  name: 'key-usage-of-key',
  severity: 'error',
  citation: 'RFC 8813 section 3; RFC 8410 section 5; RFC 3279 section 2.3.1',
  find: ({ publicKey, extensions }) => {
    const { algorithm = '' } = publicKey.kind ?? {}
    const wrong = extensions.keyUsage?.find((usage) => impossible[algorithm]?.includes(usage) === true)
    return wrong && `an ${algorithm} key cannot be used for ${wrong}`
  },
}
