/** KMIP 1.0 to 2.1: its tables, typed access to its messages, and its JSON and XML encodings. @module */
export * from './encodings/index.js'
export * from './fields.js'
export * from './tables/index.js'
