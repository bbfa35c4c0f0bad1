export { openSqliteStore, type SqliteOptions } from './sqlite/index.js'
export type { AuditRow, ChainHead, Notice, Notices, ObjectQuery, Store, StoreHealth } from './store.js'
