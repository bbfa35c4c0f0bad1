import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Pkcs11Policy, parsePkcs11Uri, type TokenOptions, tokenSelectorOf } from '../core/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'

/** What a policy may say in the query of a URI, each a whole number but the last two. */
const numbers = {
  'x-threads': 'threads',
  'x-reserve': 'reserve',
  'x-queue': 'queue',
  'x-deadline': 'deadline',
  'x-generation-deadline': 'generationDeadline',
  'x-keep-alive': 'keepAlive',
} as const satisfies Record<string, keyof Pkcs11Policy>
const words = {
  'x-gcm-iv': ['gcmIv', ['local', 'token']],
  'x-gcm-parameters': ['gcmParameters', ['with-iv-bits', 'without-iv-bits']],
} as const
const others = ['module-path', 'pin-source', 'x-initialization']

/** Asks somebody for a secret. */
export type Ask = (question: string) => Promise<string>

/** Where there is nobody. */
export const askNobody: Ask = async () => {
  throw new MortiseError('MORTISE_CONFIG_INVALID', 'hsm.tokens: nobody can be asked for a PIN here')
}

/**
 * `NAME=pkcs11:token=LABEL?module-path=PATH&pin-source=file:PATH`: a token by its URI (RFC 7512). The PIN is read from a file
 * (`file:/run/secrets/pin`), an environment variable (`env:NAME`), or typed at the start (`prompt:`); without a source nobody logs in.
 *
 * @throws MORTISE_CONFIG_INVALID
 */
export function tokenOptions(text: string, ask: Ask): TokenOptions {
  const [, name = '', address = text] = /^([\w-]*)=(.*)$/s.exec(text) ?? []
  try {
    if (name === '') throw invalid(name, 'a name must stand before it: NAME=pkcs11:...')
    const uri = parsePkcs11Uri(address)
    const asked = (attribute: string) => uri.query.get(attribute)?.toString()
    const module = asked('module-path')
    const token = tokenSelectorOf(uri)
    if (module === undefined) throw invalid(name, 'module-path is missing: the path of its PKCS#11 module')
    if (Object.keys(token).length === 0)
      throw invalid(name, 'say which token it is: token=LABEL or serial=...')
    if (uri.query.has('pin-value'))
      throw invalid(name, 'a PIN does not stand in the configuration: name a pin-source')
    const known = [...others, ...Object.keys(numbers), ...Object.keys(words)]
    for (const attribute of uri.query.keys())
      if (!known.includes(attribute)) throw invalid(name, `${attribute} means nothing here`)
    const source = asked('pin-source')
    const initialization = asked('x-initialization')
    return {
      name,
      module,
      token,
      ...(source !== undefined && { pin: pinFrom(name, source, ask) }),
      ...(initialization !== undefined && { initialization }),
      policy: policyOf(name, asked),
    }
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_INPUT_INVALID')) throw error
    throw new MortiseError('MORTISE_CONFIG_INVALID', `hsm.tokens: ${error.message}`)
  }
}

function policyOf(name: string, asked: (attribute: string) => string | undefined): Pkcs11Policy {
  const policy: Record<string, number | string> = {}
  for (const [attribute, field] of Object.entries(numbers)) {
    const value = asked(attribute)
    if (value === undefined) continue
    if (!/^\d{1,9}$/.test(value)) throw invalid(name, `${attribute} is a whole number`)
    policy[field] = Number(value)
  }
  for (const [attribute, [field, choices]] of Object.entries(words)) {
    const value = asked(attribute)
    if (value === undefined) continue
    if (!choices.some((choice) => choice === value))
      throw invalid(name, `${attribute} is one of ${choices.join(', ')}`)
    policy[field] = value
  }
  return policy
}

function pinFrom(name: string, source: string, ask: Ask): () => Promise<Uint8Array> {
  if (source.startsWith('file:')) return () => fromFile(name, source)
  if (source.startsWith('env:')) return async () => fromVariable(name, source.slice('env:'.length))
  if (source === 'prompt:') return async () => Buffer.from(await ask(`PIN of the token ${name}: `))
  throw invalid(name, 'pin-source is file:PATH, env:VARIABLE or prompt:')
}

async function fromFile(name: string, source: string): Promise<Buffer> {
  const path = source.startsWith('file:///') ? fileURLToPath(source) : source.slice('file:'.length)
  try {
    const bytes = await readFile(path)
    // Editors and `echo` end a file with a line feed, which is no part of the PIN.
    let end = bytes.length
    while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--
    const pin = Buffer.from(bytes.subarray(0, end))
    bytes.fill(0)
    return pin
  } catch (cause) {
    throw invalid(name, `its PIN cannot be read: ${(cause as Error).message}`)
  }
}

function fromVariable(name: string, variable: string): Buffer {
  const pin = process.env[variable]
  if (pin === undefined) throw invalid(name, `its PIN should be in ${variable}, which is not set`)
  return Buffer.from(pin)
}

function invalid(name: string, reason: string): MortiseError {
  return new MortiseError('MORTISE_CONFIG_INVALID', `hsm.tokens: ${name || 'a token'}: ${reason}`)
}
