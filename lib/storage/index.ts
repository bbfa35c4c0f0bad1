export { openSqliteStore, syncDirectory } from './sqlite/index.js'
export type {
  AuditRow,
  ChainHead,
  DateField,
  FollowedRow,
  Notice,
  ObjectQuery,
  RecordQuery,
  RecordTerm,
  Store,
  StoredHead,
  StoreHealth,
} from './store.js'
