import { MortiseError } from '../errors/index.js'

/** How MOSIP names a key: an application, and what it is for within it. The empty reference is the module key's. */
export interface KeyName {
  /** 1 to 36 letters, digits, dots, dashes and underscores; upper and lower case differ. */
  readonly application: string
  /** At most 128 characters. */
  readonly reference: string
}

export const rootName: KeyName = { application: 'ROOT', reference: '' }

/** Signing keys on curves, by the reference that is theirs in every application. */
export const curveReferences: Readonly<
  Record<string, { readonly algorithm: string; readonly curve?: string }>
> = {
  EC_SECP256K1_SIGN: { algorithm: 'EC', curve: 'secp256k1' },
  EC_SECP256R1_SIGN: { algorithm: 'EC', curve: 'P-256' },
  ED25519_SIGN: { algorithm: 'Ed25519' },
}

/** What a key is in the hierarchy: each is certified by the one before, but `signing`, which is by ROOT or a module key. */
export type Layer = 'root' | 'module' | 'signing' | 'base'

export function layerOf({ application, reference }: KeyName): Layer {
  if (reference === '') return application === rootName.application ? 'root' : 'module'
  if (application === 'KERNEL' && reference === 'SIGN') return 'module'
  return Object.hasOwn(curveReferences, reference) ? 'signing' : 'base'
}

/** The key that certifies another one. */
export function parentOf(name: KeyName): KeyName {
  return layerOf(name) === 'module' ? rootName : { application: name.application, reference: '' }
}

/** One text for each name: an application has no slash. */
export function nameText({ application, reference }: KeyName): string {
  return `${application}/${reference}`
}

/** What the objects of a key are called. */
export function objectName(part: 'private' | 'public' | 'certificate' | 'secret', name: KeyName): string {
  return `keymanager/${part}/${nameText(name)}`
}

/** @throws MORTISE_KEYMANAGER_APPLICATION, MORTISE_KEYMANAGER_REFERENCE */
export function checkKeyName({ application, reference }: KeyName): void {
  if (!/^[\w.-]{1,36}$/.test(application)) throw new MortiseError('MORTISE_KEYMANAGER_APPLICATION')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (reference.length > 128 || /[\u0000-\u001f\u007f]/.test(reference))
    throw new MortiseError(
      'MORTISE_KEYMANAGER_REFERENCE',
      'a reference id has 128 characters at most, none of them a control character',
    )
}
