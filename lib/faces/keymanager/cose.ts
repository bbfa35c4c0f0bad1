import { hash } from 'node:crypto'
import { decode, encode, rfc8949EncodeOptions, Tagged } from 'cborg'
import type { KeyInfo, SignatureScheme } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SaidOfKey } from './signatures.js'

/*
 * COSE_Sign1 (RFC 9052 section 4.2) in CBOR: [protected, unprotected, payload, signature] with the tag 18, within the tag 61 where it is a
 * CBOR Web Token (RFC 8392 section 6).
 */
const sign1Tag = 18
const tokenTag = 61
/** Of a URI (RFC 8949 section 3.4.5.3). */
const uriTag = 32

/** Labels of header parameters (RFC 9052 section 3.1, RFC 9360 section 2). */
const label = { alg: 1, crit: 2, contentType: 3, kid: 4, iv: 5, partialIv: 6, x5chain: 33, x5t: 34, x5u: 35 }
/** RFC 9053 section 2, RFC 8812, RFC 8230: each is of one kind of key. */
const algorithms: Readonly<Partial<Record<SignatureScheme, number>>> = {
  ES256: -7,
  EdDSA: -8,
  PS256: -37,
  ES256K: -47,
  RS256: -257,
}
/** SHA-256 (RFC 9054 section 2.1). */
const sha256 = -16

type Values = ReadonlyMap<unknown, unknown>

/** A header as callers of MOSIP give it, by names. */
export type HeaderFields = Readonly<Record<string, unknown>>

/** The key that signs, and certificates as they are shown: DER, its own first. */
export interface CoseSigner extends Pick<KeyInfo, 'keyId' | 'x509'> {
  readonly chain: readonly Uint8Array[]
}

/** What is signed, and the rest of the message around it. */
export interface ToBeSigned {
  readonly data: Uint8Array
  /** @returns the whole message */
  finish(signature: Uint8Array): Buffer
}

/** @param isToken whether it is a CBOR Web Token. @throws MORTISE_INPUT_INVALID for header parameters of other types */
export function toBeSigned(
  alg: SignatureScheme,
  signer: CoseSigner,
  payload: Uint8Array,
  headers: { readonly protected: HeaderFields; readonly unprotected: HeaderFields },
  isToken: boolean,
): ToBeSigned {
  // A label stands in one of the two.
  const open = Object.entries(headers.unprotected).filter(([name]) => !isSaid(headers.protected, name))
  const shielded = new Map<unknown, unknown>([
    [label.alg, algorithms[alg]],
    ...parameters(headers.protected, signer),
  ])
  if (open.some(([name]) => name === 'crit'))
    throw invalid('crit stands in the protected header (RFC 9052 section 3.1)')
  const unprotected = new Map(parameters(Object.fromEntries(open), signer))
  const bucket = encoded(shielded)
  return {
    data: signatureInput(bucket, payload),
    finish(signature) {
      const message = new Tagged(sign1Tag, [bucket, unprotected, payload, signature])
      return encoded(isToken ? new Tagged(tokenTag, message) : message)
    },
  }
}

/** Sig_structure (RFC 9052 section 4.4). */
function signatureInput(bucket: Uint8Array, payload: Uint8Array): Uint8Array {
  return encoded(['Signature1', bucket, new Uint8Array(), payload])
}

const certificates = ['includeCertificate', 'includeCertificateChain']

function isSaid(header: HeaderFields, name: string): boolean {
  if (certificates.includes(name)) return certificates.some((one) => header[one] === true)
  return Object.hasOwn(header, name) && header[name] !== false
}

function parameters(
  header: HeaderFields,
  { keyId, x509, chain }: CoseSigner,
): (readonly [unknown, unknown])[] {
  return Object.entries(header).flatMap(([name, value]): (readonly [unknown, unknown])[] => {
    switch (name) {
      case 'alg':
        return []
      case 'crit': {
        const names = text(name, value)
          .split(',')
          .map((one) => one.trim())
          .filter((one) => one !== '')
        if (names.length === 0 || names.some((one) => !Object.hasOwn(header, one)))
          throw invalid('crit names parameters of the protected header')
        return [[label.crit, names]]
      }
      case 'content-type':
      case 'cty':
        return [[label.contentType, text(name, value)]]
      case 'kid':
        return [[label.kid, Buffer.from(keyId)]]
      case 'iv':
        return [[label.iv, Buffer.from(text(name, value))]]
      case 'partial-iv':
        return Object.hasOwn(header, 'iv') ? [] : [[label.partialIv, Buffer.from(text(name, value))]]
      case 'includeCertificateChain':
        return value === true ? [[label.x5chain, chain.length > 1 ? [...chain] : x509.der]] : []
      case 'includeCertificate':
        return value === true && header['includeCertificateChain'] !== true ? [[label.x5chain, x509.der]] : []
      case 'includeCertificateHash':
        return value === true ? [[label.x5t, [sha256, hash('sha256', x509.der, 'buffer')]]] : []
      case 'certificateUrl':
        return [[label.x5u, new Tagged(uriTag, text(name, value))]]
      default:
        return [[name, value]]
    }
  })
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw invalid(`the header parameter ${name} should be a text`)
}

/** A message in its parts. */
export interface ParsedCose {
  /** Undefined of an algorithm that is not here, or where it says that something must be understood which is not. */
  readonly said: SaidOfKey | undefined
  readonly data: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/**
 * @param isToken whether it is to be a CBOR Web Token
 * @throws MORTISE_INPUT_INVALID, with the fault `cbor`, `token` or `sign1`
 */
export function parseCose(bytes: Uint8Array, isToken: boolean): ParsedCose {
  const whole = decoded(bytes)
  const inner = isToken ? untagged(whole, tokenTag, 'token') : whole
  const parts = untagged(inner, sign1Tag, 'sign1')
  const [bucket, unprotected, payload, signature] = Array.isArray(parts) && parts.length === 4 ? parts : []
  if (!isBytes(bucket) || !isMap(unprotected) || !isBytes(payload) || !isBytes(signature))
    throw invalid('this is no COSE_Sign1 with a payload', 'sign1')
  const shielded = bucket.length === 0 ? new Map() : decoded(bucket)
  if (!isMap(shielded)) throw invalid('the protected header is no map', 'sign1')
  return { said: saidOf(shielded, unprotected), data: signatureInput(bucket, payload), payload, signature }
}

/** What a token claims (RFC 8392 section 3). @throws MORTISE_INPUT_INVALID with the fault `claims` */
export function claimsOf({ payload }: ParsedCose): Values {
  const claims = decoded(payload)
  if (isMap(claims) && claims.size > 0) return claims
  throw invalid('the claims of the token are no map', 'claims')
}

/** Certificates that a message brings: more are no path. */
const longestChain = 10

function saidOf(shielded: Values, unprotected: Values): SaidOfKey | undefined {
  const found = Object.entries(algorithms).find(([, value]) => value === shielded.get(label.alg))
  // What is signed with names none of these: whatever is critical is not understood.
  if (!found || shielded.has(label.crit)) return undefined
  const kid = shielded.get(label.kid) ?? unprotected.get(label.kid)
  const chain = shielded.get(label.x5chain) ?? unprotected.get(label.x5chain)
  const certificates: readonly unknown[] = Array.isArray(chain) ? chain.slice(0, longestChain) : [chain]
  return {
    alg: found[0] as SignatureScheme,
    kid: isBytes(kid) ? Buffer.from(kid).toString() : undefined,
    x5c: chain === undefined ? undefined : certificates.filter(isBytes),
  }
}

/** CBOR with its shortest numbers and its keys in order (RFC 8949 section 4.2.1). */
export function encoded(value: unknown): Buffer {
  return Buffer.from(encode(value, rfc8949EncodeOptions))
}

/** Both of a CBOR Web Token's tags; others have no meaning here. */
const tags = Tagged.preserve(sign1Tag, tokenTag, uriTag)

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { useMaps: true, rejectDuplicateMapKeys: true, tags })
  } catch (cause) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'this is no CBOR, or has what is not taken', {
      cause,
      details: { fault: 'cbor' },
    })
  }
}

function untagged(value: unknown, tag: number, fault: string): unknown {
  if (value instanceof Tagged && value.tag === tag) return value.value
  throw invalid(`the tag ${tag} is missing`, fault)
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

function isMap(value: unknown): value is Values {
  return value instanceof Map
}

export function invalid(message: string, fault?: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, fault === undefined ? {} : { details: { fault } })
}
