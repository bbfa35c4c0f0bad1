import { type KeySpec, keySpec, toPem } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { certifyingScheme, judge } from '../../keys/index.js'
import { type KeyHandle, native } from '../../native/index.js'
import type { Prepared, SystemOperation } from '../../operation/index.js'
import { buildRequest, nameOfText } from '../../x509/index.js'
import { type AlternativeNames, countNames, generalNames } from '../names.js'
import { checkPassword, generatePair, type Pair, type PairKind, pkcs8Of, specOf } from '../pair.js'
import type { CaServices } from '../services.js'

export interface CreateRequestInput extends PairKind {
  /** RFC 4514. */
  readonly subject: string
  readonly names?: AlternativeNames
  /** PKCS#8, PKCS#1 or SEC1 as PEM, in place of a new key: `algorithm` and what follows are its own. */
  readonly privateKey?: string
  /** Encrypts the private key: PBES2 with PBKDF2-HMAC-SHA-256 of 600,000 iterations and AES-256-CBC (RFC 8018). */
  readonly password?: string
}

export interface CreatedRequest {
  /** PKCS#10 as PEM. */
  readonly request: string
  /** PKCS#8 as PEM: it is kept nowhere else. */
  readonly privateKey: string
}

/**
 * Makes a key, or takes one, and a request to certify it, and keeps neither: whoever asks is given both.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_X509_INVALID, MORTISE_CRYPTO_UNSUPPORTED, MORTISE_CRYPTO_POLICY, MORTISE_CRYPTO_KEY_INVALID
 */
export const createRequest: SystemOperation<CaServices, CreateRequestInput, CreatedRequest> = {
  name: 'CreateCertificateRequest',
  permission: 'Create',
  durability: 'synced',
  independent: true,
  async prepare(services, _actor, input) {
    const given = input.privateKey === undefined ? undefined : await givenKey(input.privateKey)
    const spec = given
      ? keySpec(given.type, given.type === 'RSA' ? given.length : undefined, given.curve)
      : specOf(input)
    return withPair(spec, given, (pair) => requested(services, input, spec, pair))
  },
}

async function requested(
  services: CaServices,
  { subject: text, names = {}, password }: CreateRequestInput,
  spec: KeySpec,
  pair: Pair,
): Promise<Prepared<CreatedRequest>> {
  const scheme = certifyingScheme({ algorithm: spec.algorithm.name, values: valuesOf(spec) })
  const mark = judge(services, 'protect', spec)
  const subject = nameOfText(text)
  checkPassword(password)
  const request = await buildRequest(
    {
      ...{ subject, publicKey: pair.publicKey },
      extensions: countNames(names) > 0 ? { subjectAltName: generalNames(names) } : {},
    },
    {
      scheme,
      sign: (message) =>
        native.signAsync(pair.privateKey, scheme, message, { digested: false, encoding: 'der' }),
    },
  )
  const privateKey = await pkcs8Of(pair.privateKey, password)
  return {
    answer: { request: toPem('pkcs10', request.der), privateKey: privateKey.toString('latin1') },
    detail: { subject: subject.text, algorithm: spec.algorithm.name, length: spec.length, ...mark },
  }
}

/** The private key is wiped when the work is done. */
async function withPair<Result>(
  spec: KeySpec,
  given: KeyHandle | undefined,
  work: (pair: Pair) => Promise<Result>,
): Promise<Result> {
  const pair = given ? { privateKey: given, publicKey: native.publicKeyOf(given) } : await generatePair(spec)
  try {
    return await work(pair)
  } finally {
    pair.privateKey.dispose()
  }
}

/** @throws MORTISE_CRYPTO_KEY_INVALID, MORTISE_CRYPTO_UNSUPPORTED */
async function givenKey(pem: string): Promise<KeyHandle> {
  const key = await native.importEncoded(Buffer.from(pem), {})
  if (key.kind === 'private') return key
  key.dispose()
  throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', 'this is no private key')
}

function valuesOf({ curve }: KeySpec) {
  return { extractable: true, sensitive: false, ...(curve && { curve }) }
}
