/** KMIP 1.0 to 2.1: its tables, typed access to its messages, and its JSON and XML encodings. @module */
export { followerOf } from './clients/listening_client.js'
export * from './encodings/index.js'
export { Engine } from './engine/engine.js'
export * from './fields.js'
export { framerOf } from './framer.js'
export { kmipFace } from './http.js'
export { operations } from './operations/index.js'
export * from './tables/index.js'
