import type { ItemTypeName } from '../../../native/index.js'

export const versions = ['1.0', '1.1', '1.2', '1.3', '1.4', '2.0', '2.1'] as const
export type Version = (typeof versions)[number]

/** Versions that know something: from `since` to `until`, both included, or to the last. */
export interface Range {
  readonly since: Version
  readonly until?: Version
  readonly deprecatedSince?: Version
}

export function isKnown({ since, until = '2.1' }: Range, version: Version): boolean {
  const at = versions.indexOf(version)
  return versions.indexOf(since) <= at && at <= versions.indexOf(until)
}

/** Any: an attribute's value has the type of the attribute. */
type AllowedType = ItemTypeName | 'any'

export interface TagRow extends Range {
  readonly code: number
  readonly types: readonly AllowedType[]
  /** Where they were not always the same. */
  readonly history?: readonly (Range & { readonly types: readonly AllowedType[] })[]
  /** The list of its values, as an Enumeration. */
  readonly enumeration?: string
  /** The list of its bits, as an Integer. */
  readonly mask?: string
}

/** Of an enumeration or a mask. */
export interface ValueRow extends Range {
  readonly value: number
  /** Older or other spellings, which are understood. */
  readonly otherNames?: readonly string[]
}

type Conditional = boolean | 'conditional'

/** KMIP 1.4 section 3 and KMIP 2.1 section 4: the table of rules of an attribute. */
export interface AttributeRow extends Range {
  readonly name: string
  /** The text that names it in 1.x. */
  readonly attributeName: string
  /** The tag that it has in 2.x. */
  readonly tag: string
  readonly alwaysHasValue: Conditional
  /** Null where no text says. */
  readonly multiInstance: Conditional | null
  readonly modifiableByServer: Conditional
  readonly modifiableByClient: Conditional
  readonly deletableByClient: Conditional
  /** Why something is conditional, by the rule. */
  readonly conditions?: Readonly<Record<string, string>>
  /** Who may set it first. */
  readonly setBy: readonly string[]
  /** Operations. */
  readonly implicitlySetBy: readonly string[]
  readonly implicitlySetWhen?: string
  readonly objectTypes: readonly string[]
}

/** In the order of the specification. A field that changed is there once for each range. */
export interface FieldRow extends Range {
  /** A tag; `object` and `attribute` stand for one item with the tag of a managed object or an attribute, `vendorSpecific` for any. */
  readonly field: string
  readonly required: Conditional
  /** Of what it is conditional. */
  readonly when?: string
  readonly repeatable: boolean
  /** The tags or kinds of which one stands here. */
  readonly oneOf?: string | readonly string[]
}

export interface StructureRow extends Range {
  readonly tag: string
  readonly kind: string
  /** Of a payload. */
  readonly operation?: string
  readonly direction?: string
  /** The operation is also one that servers ask of clients, with the same payload. */
  readonly alsoServerToClientSince?: Version
  readonly sameAs?: string
  /** The value of another field that tells which of several structures a tag contains. */
  readonly selector?: Readonly<Record<string, string | readonly string[]>>
  readonly fields: readonly FieldRow[]
}

export interface ReasonsRow {
  /** In 1.x. */
  readonly one?: readonly string[]
  /** In 2.x. */
  readonly two?: readonly string[]
}
