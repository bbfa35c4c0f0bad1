import type { CertificateRecord } from './certificates.js'
import type { CaServices } from './services.js'

/**
 * A certificate that is on the lists of an authority of here. It is nobody's question: what is to be done with it is decided.
 *
 * @param fingerprint SHA-256 of the DER, hexadecimal
 */
export async function issuedHere(
  { authorities, certificates }: Pick<CaServices, 'authorities' | 'certificates'>,
  fingerprint: string,
): Promise<CertificateRecord | undefined> {
  const local = (await authorities.all()).filter(({ record }) => record.kind === 'local')
  const ids = local.map(({ record }) => record.id)
  const { found } = await certificates.search(ids, { fingerprint }, { skip: 0, limit: 1 })
  return found[0]
}
