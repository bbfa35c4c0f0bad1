import { type Version, versions } from './tables/rows.js'

export type { Version } from './tables/rows.js'

/** The version of a Protocol Version; undefined for one that is not spoken here. */
export function versionOf(major: number, minor: number): Version | undefined {
  return versions.find((version) => version === `${major}.${minor}`)
}

/** Versions are compared as texts: each number of theirs has one digit. */
export function isTwo(version: Version): boolean {
  return version >= '2.0'
}

export function partsOf(version: Version): readonly [major: number, minor: number] {
  return [Number(version[0]), Number(version[2])]
}
