import type { TbsCertificate } from '../certificate.js'
import { keyPurposes } from '../extensions/extended_key_usage.js'

export function isAuthority({ extensions }: TbsCertificate): boolean {
  return extensions.basicConstraints?.cA === true
}

export function isOfServer(certificate: TbsCertificate): boolean {
  return (
    !isAuthority(certificate) && certificate.extensions.extKeyUsage?.includes(keyPurposes.serverAuth) === true
  )
}
