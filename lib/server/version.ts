import { createRequire } from 'node:module'

const { version } = createRequire(import.meta.url)('mortise/package.json') as { readonly version: string }

/** Version of the package. */
export const packageVersion = version
