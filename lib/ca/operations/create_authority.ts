import { type KeySpec, keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { certifyingSigner, judge, judgedCertifying, managed, newPair, undone } from '../../keys/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { buildRequest, nameOfText } from '../../x509/index.js'
import { type AuthorityRecord, type AuthorityTrust, type IssuingSettings, noTrust } from '../authorities.js'
import { type AuthorityInfo, authorityInfo } from '../info.js'
import { type AlternativeNames, countNames, generalNames } from '../names.js'
import type { CaServices } from '../services.js'
import { checkedSettings, usualSettings } from '../settings.js'
import { requireMayTrust } from '../trust.js'

export interface CreateAuthorityInput {
  /** Unique among objects that are not destroyed. Default none. */
  readonly name?: string
  /** RFC 4514: `CN=Issuing CA 1,O=Example`. */
  readonly subject: string
  /** Alternative names that the request asks for. Default none. */
  readonly names?: AlternativeNames
  /** `EC` (default), `RSA`, `Ed25519` or `Ed448`. */
  readonly algorithm?: string
  /** Bits, of RSA. Default 3072. */
  readonly length?: number
  /** `P-256` (default), `P-384` or `P-521`, of EC. */
  readonly curve?: string
  /** The token that its key is to live on, or `software`. Default: that of the key manager. */
  readonly provider?: string
  readonly settings?: Partial<IssuingSettings>
  /** Once it is active. Default nobody; for administrators alone to give. */
  readonly trust?: Partial<AuthorityTrust>
}

const algorithms = ['EC', 'RSA', 'Ed25519', 'Ed448']

/**
 * Makes an authority: a key that signs certificates and CRLs and nothing else, whoever asks, and a request to certify it. It is
 * pending until it signs itself, or the certificate is installed that another one signs.
 *
 * @throws MORTISE_NAME_TAKEN, MORTISE_INPUT_INVALID, MORTISE_X509_INVALID for a subject that is no name
 */
export const createAuthority: SystemOperation<CaServices, CreateAuthorityInput, AuthorityInfo> = {
  name: 'CreateAuthority',
  permission: 'AuthorityCreate',
  durability: 'synced',
  independent: true,
  async prepare(services, actor, input) {
    const { algorithm = 'EC', names = {}, name } = input
    requireMayTrust(actor, input.trust)
    if (!algorithms.includes(algorithm)) {
      throw new MortiseError(
        'MORTISE_CRYPTO_UNSUPPORTED',
        `authorities have keys of ${algorithms.join(', ')}, not of ${algorithm}`,
      )
    }
    const spec = authoritySpec(keySpec(algorithm, input.length, input.curve))
    const mark = judge(services, 'protect', spec)
    const subject = nameOfText(input.subject)
    if (subject.isEmpty) throw new MortiseError('MORTISE_INPUT_INVALID', 'an authority needs a subject')
    const [privateRow, publicRow] = await newPair(
      services,
      { spec, owner: actor, purpose: 'ca', provider: input.provider ?? services.keyProvider },
      { activate: false, ...(name !== undefined && { name }) },
      { activate: false },
    )
    const [privateKey, publicKey] = [managed(privateRow), managed(publicRow)]
    const provider = services.provider(publicKey.provider)
    const abandon = undone(provider, [privateRow, publicRow])
    try {
      const request = await buildRequest(
        {
          subject,
          publicKey: await provider.open(publicKey).export({ format: 'spki' }),
          extensions: countNames(names) > 0 ? { subjectAltName: generalNames(names) } : {},
        },
        certifyingSigner(services, privateKey),
      )
      const now = services.clock.now()
      const record: AuthorityRecord = {
        id: privateKey.id,
        kind: 'local',
        name: privateKey.name,
        subject: request.subject.text,
        key: { algorithm, length: privateKey.length, curve: privateKey.values.curve ?? null },
        request: Buffer.from(request.der).toString('base64'),
        certificate: null,
        parent: null,
        parentKind: null,
        chain: [],
        enabled: true,
        settings: checkedSettings({ ...usualSettings, ...input.settings }),
        trust: { ...noTrust, ...input.trust },
        created: now,
        updated: now,
      }
      return {
        answer: authorityInfo({ record, version: 1, certificate: undefined, chain: [] }, now),
        rows: {
          objects: [{ row: privateRow }, { row: publicRow }],
          records: [services.authorities.write(record, 1)],
        },
        object: privateKey.id,
        detail: {
          subject: record.subject,
          algorithm,
          length: privateKey.length,
          ...mark,
          ...judge(services, 'protect', spec, judgedCertifying(privateKey)),
        },
        abandon,
      }
    } catch (error) {
      abandon()
      throw error
    }
  },
}

/** A key with no other usages, whoever asks for some. */
function authoritySpec(spec: KeySpec): KeySpec {
  const usages = { PrivateKey: ['CertificateSign', 'CRLSign'], PublicKey: ['Verify'] } as const
  return { ...spec, algorithm: { ...spec.algorithm, usages } }
}
