// From a fresh clone to something that runs: each step is done only when its result is missing or out of date.

import { buildAddon } from './addon.mjs'
import { installPackages } from './packages.mjs'
import { buildPkcs11js } from './pkcs11js.mjs'
import { buildSqlite } from './sqlite.mjs'
import { compile } from './typescript.mjs'

export async function setUp() {
  await installPackages()
  await buildAddon()
  await compile()
  await buildSqlite()
  await buildPkcs11js()
}
