import { fromPem, toPem } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { judge } from '../../keys/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { checkPassword, generatePair, type PairKind, pkcs8Of, pkcs12Of, specOf } from '../pair.js'
import type { CaServices } from '../services.js'

export const pairFormats = ['pkcs12', 'pkcs8'] as const
export type PairFormat = (typeof pairFormats)[number]

export interface CreatePairInput extends PairKind {
  /** PKCS#12 with the certificate and those above it (default), or PKCS#8 as PEM with the key alone. */
  readonly format?: PairFormat
  /**
   * 1 to 1,024 characters. PKCS#12 needs one: 200,000 iterations for the key, the certificates and the MAC each; PKCS#8 is in the clear
   * without one, and has 600,000 iterations with it.
   */
  readonly password?: string
}

/** A pair that waits for its certificate, and is kept nowhere. Dispose of it. */
interface PairToCertify {
  /** SPKI as PEM. */
  readonly publicKey: string
  /** In the format that was asked for. @param certificates that of the key and those above it, nearest first, as PEM */
  encode(certificates: readonly string[]): Promise<Buffer>
  dispose(): void
}

/**
 * Makes a key pair that is to be certified and then given to whoever asks. What is wrong with the format or password it says before anything
 * is issued.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_CRYPTO_UNSUPPORTED, MORTISE_CRYPTO_POLICY
 */
export const createPair: SystemOperation<CaServices, CreatePairInput, PairToCertify> = {
  name: 'CreatePairToCertify',
  permission: 'Create',
  durability: 'synced',
  independent: true,
  async prepare(services, _actor, { format = 'pkcs12', password, ...kind }) {
    if (!pairFormats.includes(format)) throw invalid(`the format must be one of ${pairFormats.join(', ')}`)
    if (format === 'pkcs12' && password === undefined) throw invalid('PKCS#12 needs a password')
    checkPassword(password)
    const spec = specOf(kind)
    const mark = judge(services, 'protect', spec)
    const { publicKey, privateKey } = await generatePair(spec)
    return {
      answer: {
        publicKey: toPem('spki', publicKey),
        encode: (certificates) =>
          format === 'pkcs8'
            ? pkcs8Of(privateKey, password)
            : pkcs12Of(
                privateKey,
                certificates.map((pem) => fromPem('x509', Buffer.from(pem))),
                password,
              ),
        dispose: () => privateKey.dispose(),
      },
      detail: { algorithm: spec.algorithm.name, length: spec.length, format, ...mark },
    }
  },
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
