import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { packageRoot } from './package_root.js'

const folder = process.env['MORTISE_VECTORS'] ?? resolve(packageRoot, '../shared/vectors')

export function vectorPath(...path: readonly string[]): string {
  return join(folder, ...path)
}

/** A file of test vectors; undefined where there are none beside the project. */
export function vector(...path: readonly string[]): Buffer | undefined {
  try {
    return readFileSync(vectorPath(...path))
  } catch {
    return undefined
  }
}

export const noVectors = `there are no vectors in ${folder}`
