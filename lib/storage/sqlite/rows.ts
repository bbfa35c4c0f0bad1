import { MortiseError } from '../../errors/index.js'
import { chainOrigin, type GrantRow, type ObjectRow, type RecordRow } from '../../operation/index.js'
import type { AuditRow, FollowedRow, Notice, StoredHead } from '../store.js'

/** What a column holds, and so what crosses between the threads: rows travel as arrays in the order of their columns. */
export type Value = string | number | null | Uint8Array
export type Row = readonly Value[]

/** The columns of each table, scalars first, then bytes. */
export const objectScalars = [
  'id',
  'version',
  'domain',
  'type',
  'state',
  'purpose',
  'owner',
  'name',
  'family',
  'serial',
  'algorithm',
  'length',
  'usage',
  'created',
  'provider',
  'attributes',
  'terms',
] as const
export const objectColumns = [...objectScalars, 'material', 'mac'] as const
export const grantColumns = ['object', 'grantee_kind', 'grantee', 'version', 'permissions', 'mac'] as const
export const recordColumns = ['namespace', 'key', 'version', 'expires', 'fields', 'value'] as const

type Typed<T extends Value[]> = T

export function objectRow(row: Row): ObjectRow {
  const [id, version, domain, type, state, purpose, owner, name, family, serial, ...rest] = row as Typed<
    [
      string,
      number,
      string,
      ObjectRow['type'],
      ObjectRow['state'],
      ObjectRow['purpose'],
      string,
      string | null,
      string,
      number,
      string,
      number,
      number,
      number,
      string,
      string,
      string,
      Uint8Array | null,
      Uint8Array,
    ]
  >
  const [algorithm, length, usage, created, provider, attributes, terms, material, mac] = rest
  return {
    id,
    version,
    domain,
    type,
    state,
    purpose,
    owner,
    name,
    family,
    serial,
    algorithm,
    length,
    usage,
    created,
    provider,
    attributes,
    terms,
    material,
    mac,
  }
}

export function grantRow(row: Row): GrantRow {
  const [object, granteeKind, grantee, version, permissions, mac] = row as Typed<
    [string, GrantRow['granteeKind'], string, number, string, Uint8Array]
  >
  return { object, granteeKind, grantee, version, permissions: parse(permissions), mac }
}

export function recordRow(row: Row): RecordRow {
  const [namespace, key, version, expires, fields, value] = row as Typed<
    [string, string, number, number | null, string, Uint8Array]
  >
  return { namespace, key, version, value, expires, index: parse(fields) }
}

/** Whoever edits the database may leave anything in a text; what it means is the barrier's to judge. */
export function parse<T>(json: string): T {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new MortiseError('MORTISE_STORAGE_CORRUPT', undefined, { cause })
  }
}

export function auditRow(row: Row): AuditRow {
  const [chain, sequence, record, hash] = row as Typed<[string, number, Uint8Array, Uint8Array]>
  return { chain, sequence, record, hash }
}

export function followedRow(row: Row): FollowedRow {
  const [chain, sequence, record, hash, previous] = row as Typed<
    [string, number, Uint8Array, Uint8Array, Uint8Array | null]
  >
  return { chain, sequence, record, hash, previous: previous ?? chainOrigin }
}

export function chainHead(row: Row): StoredHead {
  const [chain, sequence, hash, position, pruned, prunedHash] = row as Typed<
    [string, number, Uint8Array, number, number, Uint8Array | null]
  >
  return { chain, sequence, hash, position, origin: { sequence: pruned, hash: prunedHash ?? chainOrigin } }
}

export function notice(row: Row): Notice {
  const [sequence, kind, key] = row as Typed<[number, Notice['kind'], string]>
  return { sequence, kind, key }
}
