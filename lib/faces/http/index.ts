export { base64, fromBase64 } from './base64.js'
export { shownBy } from './client_certificate.js'
export {
  answerWith,
  clientError,
  type Dialect,
  type Fault,
  installProblems,
  type Log,
  problemSchema,
} from './problem.js'
export { integers } from './query.js'
export { type Admitted, authenticate, basic, bearer, doorOf, type Entrance, type Login } from './session.js'
export { type App, enumOf, exactly, nullable } from './types.js'
