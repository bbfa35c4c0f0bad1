import { type Hash, native, type SignatureScheme } from '../../../lib/native/index.js'
import { hex } from '../support.js'
import type { Case, Runner, Runners } from './runner.js'
import { oneKeyEach, type PublicKeys, publicKeyOf, type SignatureCase } from './signatures.js'

interface Modulus {
  readonly keySize: number
}
const moduli = ({ keySize }: Modulus) =>
  keySize < 1024 || keySize > 4096 ? 'RSA keys have 1,024 to 4,096 bits' : undefined

/** RS256 of SHA-256. Of others the name is none that is known. */
const scheme = (letters: 'RS' | 'PS', hash: string) => hash.replace('SHA-', letters) as SignatureScheme
const schemed = (hash: string) =>
  ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].includes(hash)
    ? undefined
    : 'RSA signatures are of SHA-1, SHA-256, SHA-384 and SHA-512'

const verification: Runner<SignatureCase, PublicKeys & Modulus & { sha: string }> = {
  outside: (group) => moduli(group) ?? schemed(group.sha),
  accepts: async (group, test) =>
    native.verify(await publicKeyOf(group), scheme('RS', group.sha), hex(test.msg), hex(test.sig), {}),
}

interface PrivateKey extends Modulus {
  readonly sha: string
  readonly privateKey: { readonly otherPrimeInfos?: unknown }
  readonly privateKeyPkcs8: string
}
const privateKeyOf = oneKeyEach((group: PrivateKey) => native.importPrivate(hex(group.privateKeyPkcs8)))

const generation: Runner<SignatureCase, PrivateKey> = {
  outside: (group) => moduli(group) ?? schemed(group.sha),
  accepts: async (group, test) => {
    const key = await privateKeyOf(group)
    return native.sign(key, scheme('RS', group.sha), hex(test.msg), {}).equals(hex(test.sig))
  },
}

interface PssGroup extends PublicKeys, Modulus {
  readonly sha: string
  readonly mgfSha: string
  readonly sLen: number
}
const pss: Runner<SignatureCase, PssGroup> = {
  outside: (group) =>
    schemed(group.sha) ??
    (group.mgfSha === group.sha &&
    group.sLen === (group.sha === 'SHA-1' ? 20 : Number(group.sha.slice(4)) / 8)
      ? undefined
      : 'the salt of PSS is as long as the hash, and MGF1 has the same hash'),
  accepts: async (group, test) =>
    native.verify(await publicKeyOf(group), scheme('PS', group.sha), hex(test.msg), hex(test.sig), {}),
}

const pssWithParameters: Runner<SignatureCase, PssGroup> = {
  outside: () => 'RSA keys have the OID rsaEncryption, not id-RSASSA-PSS',
  accepts: (group) => {
    native.importPublic(hex(group.publicKeyDer))
    return true
  },
}

type OaepCase = Case & { msg: string; ct: string; label: string }
type OaepGroup = PrivateKey & { mgfSha: string }
const oaep: Runner<OaepCase, OaepGroup> = {
  outside: (group) => {
    if (group.sha === 'SHA-512/224') return 'SHA-512/224 is no hash of Mortise'
    if (group.mgfSha === 'SHA-512/224') return 'SHA-512/224 is no hash of Mortise'
    if (group.privateKey.otherPrimeInfos !== undefined) return 'RSA keys have two primes'
    return moduli(group)
  },
  accepts: async (group, test) => {
    const key = await privateKeyOf(group)
    const [hash, mask] = [group.sha as Hash, group.mgfSha as Hash]
    return (await native.oaepDecrypt(key, hex(test.ct), hash, mask, hex(test.label))).equals(hex(test.msg))
  },
}

export const rsa: Runners = {
  rsassa_pkcs1_verify_schema_v1: verification,
  rsassa_pkcs1_generate_schema_v1: generation,
  rsassa_pss_verify_schema_v1: pss,
  rsassa_pss_with_parameters_verify_schema: pssWithParameters,
  rsaes_oaep_decrypt_schema_v1: oaep,
}
