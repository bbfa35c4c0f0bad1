/**
 * Mortise: keys made, kept, governed and used in process. Begin with {@link openKeyManager}.
 */
export * from './core/index.js'
export {
  type ErrorCode,
  type ErrorDetails,
  errorCodes,
  isMortiseError,
  MortiseError,
} from './errors/index.js'
