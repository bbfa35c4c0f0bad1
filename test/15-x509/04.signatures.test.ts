import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import t from 'tap'
import type { Policy } from '../../lib/crypto/index.js'
import { validatePath } from '../../lib/x509/index.js'
import { at, make, makeAuthority, type Signing } from './authority.js'
import { constructed, der, integer, oid, sequence, tags } from './der.js'

const nothing = der(tags.null)
const hashIds = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}
type HashName = keyof typeof hashIds

function pkcs1(type: string, hash: HashName, parameters: Buffer[] = [nothing]): Signing {
  return { identifier: sequence(oid(type), ...parameters), sign: (key, data) => sign(hash, data, key) }
}

function pss(hash: HashName, saltLength: number, maskHash = hash): Signing {
  const algorithm = (name: HashName) => sequence(oid(hashIds[name]), nothing)
  const parameters = sequence(
    der(constructed(0), algorithm(hash)),
    der(constructed(1), sequence(oid('1.2.840.113549.1.1.8'), algorithm(maskHash))),
    der(constructed(2), integer(saltLength)),
  )
  return {
    identifier: sequence(oid('1.2.840.113549.1.1.10'), parameters),
    sign: (key, data) => sign(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  }
}

function ecdsa(type: string, hash: HashName): Signing {
  return { identifier: sequence(oid(type)), sign: (key, data) => sign(hash, data, key) }
}

function eddsa(type: string): Signing {
  return { identifier: sequence(oid(type)), sign: (key, data) => sign(null, data, key) }
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curves = Object.fromEntries(
  ['P-256', 'P-384', 'P-521', 'secp256k1'].map((namedCurve) => [
    namedCurve,
    generateKeyPairSync('ec', { namedCurve }),
  ]),
)

interface Keys {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** The reason for which a certificate that is so signed is refused; undefined where it is accepted. */
function judge(keys: Keys, signing: Signing, policy?: Policy): string | undefined {
  const root = makeAuthority('root', { keys, signing })
  const leaf = make({ issuer: root, signing })
  try {
    validatePath({
      leaf: leaf.certificate,
      intermediates: [],
      anchors: [root.certificate],
      at,
      ...(policy && { policy }),
    })
    return undefined
  } catch (error) {
    return (error as { details: { reason: string } }).details.reason
  }
}

const sha = {
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
} as const
const ec = {
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
} as const
const hashes = ['sha256', 'sha384', 'sha512'] as const

t.test('RSA', async (t) => {
  for (const [i, hash] of hashes.entries()) {
    t.equal(judge(rsa, pkcs1(sha[hash], hash)), undefined, hash)
    t.equal(judge(rsa, pss(hash, 32 + 16 * i)), undefined, `PSS ${hash}`)
  }
  t.equal(judge(rsa, pss('sha256', 20)), 'algorithm', 'a salt of another length')
  t.equal(judge(rsa, pss('sha256', 32, 'sha512')), 'algorithm', 'a mask of another hash')
  t.equal(judge(rsa, pkcs1(sha.sha256, 'sha256', [])), 'algorithm', 'no parameters')
  t.equal(judge(rsa, pkcs1('1.2.840.113549.1.1.4', 'sha256')), 'algorithm', 'MD5')
  t.equal(judge(rsa, pkcs1(sha.sha384, 'sha256')), 'signature', 'another hash')
})

t.test('ECDSA with each curve and hash', async (t) => {
  for (const [curve, keys] of Object.entries(curves)) {
    for (const hash of hashes) {
      const signing = ecdsa(ec[hash], hash)
      t.equal(judge(keys, signing, 'compatible'), undefined, `${curve} ${hash}`)
      t.equal(
        judge(keys, signing),
        curve === 'secp256k1' ? 'algorithm' : undefined,
        `${curve} ${hash}, approved`,
      )
      const other = hashes.find((one) => one !== hash) as HashName
      t.equal(
        judge(keys, ecdsa(ec[hash], other), 'compatible'),
        'signature',
        `${curve} ${hash}, made with ${other}`,
      )
    }
  }
})

t.test('EdDSA', async (t) => {
  t.equal(judge(generateKeyPairSync('ed25519'), eddsa('1.3.101.112')), undefined)
  t.equal(judge(generateKeyPairSync('ed448'), eddsa('1.3.101.113')), undefined)
  t.equal(judge(generateKeyPairSync('ed25519'), eddsa('1.3.101.113')), 'signature')
})

t.test('SHA-1 is for the policy compatible', async (t) => {
  const signing = pkcs1('1.2.840.113549.1.1.5', 'sha1')
  t.equal(judge(rsa, signing), 'algorithm')
  t.equal(judge(rsa, signing, 'compatible'), undefined)
  t.equal(judge(rsa, pkcs1('1.2.840.113549.1.1.5', 'sha256'), 'compatible'), 'signature')
})

t.test('an algorithm of another kind of key', async (t) => {
  const signing: Signing = { ...ecdsa(ec.sha256, 'sha256'), sign: (key, data) => sign('sha256', data, key) }
  t.equal(judge(rsa, signing), 'signature')
  t.equal(judge(curves['P-256'] as Keys, pkcs1(sha.sha256, 'sha256')), 'signature')
})

t.test('keys that are too short, of the issuer and of the leaf', async (t) => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
  t.equal(judge(short, pkcs1(sha.sha256, 'sha256'), 'compatible'), 'algorithm')
  const root = makeAuthority('root')
  const leaf = make({ issuer: root, keys: short })
  t.throws(
    () => validatePath({ leaf: leaf.certificate, intermediates: [], anchors: [root.certificate], at }),
    { code: 'MORTISE_X509_PATH_INVALID', message: /an RSA key of only 1024 bits/ },
  )
})
