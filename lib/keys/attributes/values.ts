import { MortiseError } from '../../errors/index.js'
import type { VendorAttribute } from '../../operation/index.js'

export type Scalar = string | number | boolean

/**
 * The value of one instance of an attribute as it is given and told: dates are ISO 8601, UTC; intervals are seconds; bytes
 * are hexadecimal; structures are their fields.
 */
export type AttributeValue = Scalar | { readonly [field: string]: Scalar }

/** A kind of value: how it is checked on its way in, and told on its way out. */
export interface ValueType {
  /** For people: what is expected. */
  readonly expects: string
  /** @returns the form that is stored, or undefined for what is not of this type */
  parse(value: unknown): unknown
  /** From the stored form. */
  show(stored: never): AttributeValue
}

/** Characters of a text, unless said otherwise. */
const longestText = 1024
const longestVendorText = 4096

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/

const itself = (stored: never): AttributeValue => stored

export function text(longest = longestText): ValueType {
  return {
    expects: `a text of 1 to ${longest} characters without control characters`,
    parse: (value) =>
      typeof value === 'string' && value.length >= 1 && value.length <= longest && !control.test(value)
        ? value
        : undefined,
    show: itself,
  }
}

export const flag: ValueType = {
  expects: 'true or false',
  parse: (value) => (typeof value === 'boolean' ? value : undefined),
  show: itself,
}

export function whole(least: number, most: number): ValueType {
  return {
    expects: `a whole number from ${least} to ${most}`,
    parse: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? value
        : undefined,
    show: itself,
  }
}

/** Seconds, unsigned 32 bits (KMIP's Interval). */
export const interval = whole(0, 2 ** 32 - 1)

const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** Stored as milliseconds since 1970. */
export const date: ValueType = {
  expects: 'a date of ISO 8601 with its time zone, for instance 2030-01-31T12:00:00Z',
  parse(value) {
    if (typeof value !== 'string' || !isoDate.test(value)) return undefined
    const milliseconds = Date.parse(value)
    return Number.isNaN(milliseconds) ? undefined : milliseconds
  },
  show: (stored) => new Date(stored).toISOString(),
}

export function oneOf(...names: readonly string[]): ValueType {
  return {
    expects: `one of ${names.join(', ')}`,
    parse: (value) => names.find((name) => name === value),
    show: itself,
  }
}

/** A field whose name ends with `?` may be left out. */
export function structure(fields: Readonly<Record<string, ValueType>>): ValueType {
  const types = new Map(Object.entries(fields).map(([name, type]) => [name.replace('?', ''), type]))
  const needed = Object.keys(fields).filter((name) => !name.endsWith('?'))
  return {
    expects: `{ ${Object.entries(fields)
      .map(([name, type]) => `${name}: ${type.expects}`)
      .join('; ')} }`,
    parse(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
      const given = Object.entries(value).filter(([, one]) => one !== undefined)
      if (given.length === 0 || !needed.every((name) => Object.hasOwn(value, name))) return undefined
      const parsed: Record<string, unknown> = {}
      for (const [name, one] of given) {
        parsed[name] = types.get(name)?.parse(one)
        if (parsed[name] === undefined) return undefined
      }
      return parsed
    },
    show: itself,
  }
}

const vendorText = text(longestVendorText)
const vendorValues: Readonly<Record<VendorAttribute['type'], ValueType>> = {
  text: vendorText,
  integer: whole(-(2 ** 31), 2 ** 31 - 1),
  longInteger: {
    expects: 'a decimal number of 64 bits as text',
    parse: (value) =>
      typeof value === 'string' &&
      /^-?\d{1,19}$/.test(value) &&
      BigInt.asIntN(64, BigInt(value)) === BigInt(value)
        ? value
        : undefined,
    show: itself,
  },
  boolean: flag,
  dateTime: date,
  byteString: {
    expects: `bytes as hexadecimal, at most ${longestVendorText} digits`,
    parse: (value) =>
      typeof value === 'string' && value.length <= longestVendorText && /^([0-9a-f]{2})*$/i.test(value)
        ? value.toLowerCase()
        : undefined,
    show: itself,
  },
  enumeration: whole(0, 2 ** 32 - 1),
  interval,
}

const vendorName = text(255)

/** `vendor` is `x` and `type` follows from the value (text, integer, boolean) where they are left out. */
export const vendorAttribute: ValueType = {
  expects: `{ name: ${vendorName.expects}; value: text, number or boolean; vendor?; type?: ${Object.keys(vendorValues).join(', ')} }`,
  parse(given) {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
    const { vendor = 'x', name, type, value, ...rest } = given as Record<string, unknown>
    const implied = { string: 'text', number: 'integer', boolean: 'boolean' }[typeof value as string]
    const kind = (type ?? implied) as VendorAttribute['type']
    if (Object.keys(rest).length > 0 || !Object.hasOwn(vendorValues, kind)) return undefined
    const parsed = {
      vendor: vendorName.parse(vendor),
      name: vendorName.parse(name),
      type: kind,
      value: vendorValues[kind].parse(value),
    }
    return Object.values(parsed).includes(undefined) ? undefined : parsed
  },
  show({ value, ...rest }: VendorAttribute) {
    return { ...rest, value: vendorValues[rest.type].show(value as never) as Scalar }
  },
} satisfies { show(stored: VendorAttribute): AttributeValue } & Omit<ValueType, 'show'>

/** The stored form of a value. @throws MORTISE_INPUT_INVALID */
export function parseValue(type: ValueType, value: unknown, name: string): unknown {
  const parsed = type.parse(value)
  if (parsed !== undefined) return parsed
  throw new MortiseError('MORTISE_INPUT_INVALID', `${name} must be ${type.expects}`)
}
