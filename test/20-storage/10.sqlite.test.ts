import { join } from 'node:path'
import t from 'tap'
import { openSqliteStore } from '../../lib/storage/index.js'
import { exerciseStore } from '../contracts/store.js'

const root = t.testdir()

exerciseStore(t, (place, clock) => openSqliteStore({ directory: join(root, place), ...(clock && { clock }) }))
