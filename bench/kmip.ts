import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openKeyManager } from '../lib/core/index.js'
import { byteString, Fields, structure, Tag, text } from '../lib/faces/kmip/index.js'
import { native, TtlvDecoder } from '../lib/native/index.js'
import { fill } from './fill.js'
import {
  type Contender,
  type Contest,
  Server,
  type Suite,
  TtlvConnections,
  withScratch,
} from './harness/index.js'
import {
  activateRequest,
  createRequest,
  decryptRequest,
  destroyRequest,
  encryptRequest,
  getRequest,
  locateRequest,
} from './kmip_requests.js'
import { mortisePath, mortiseServer } from './mortise_server.js'
import { pykmipServer, type TlsFiles } from './peers/pykmip_server.js'
import { benchName } from './peers/raw_store.js'

/** Keys that ours has. PyKMIP, which looks at each of its own in a Locate, has so few. */
const [many, few] = [100_000, 1000]
/** What is encrypted. */
const data = randomBytes(1024)

/** A server with keys of whoever asks it. */
interface Side {
  connect(connections: number): Promise<TtlvConnections>
  /** What its keys are called, and their ids in the same order. */
  readonly names: readonly string[]
  readonly ids: readonly string[]
  /** Keys that were never activated, to be destroyed. */
  readonly spares: string[]
}

interface Row {
  readonly name: string
  /** Where the peer takes seconds for a slice. */
  readonly slices?: NonNullable<Contest['slices']>
  request(side: Side): Buffer
  /** Throws unless the answer is right. */
  check(answer: Fields, ask: (request: Buffer) => Promise<Fields>, side: Side): Promise<void> | void
}

/** Which key was asked for last. */
let last = 0
function next<T>(of: readonly T[]): T {
  last = (last + 1) % of.length
  return of[last] as T
}

const rows: readonly Row[] = [
  {
    name: 'locate',
    slices: { slices: 5, warmUp: 1 },
    request: ({ names }) => locateRequest(next(names)),
    check: (answer, _ask, { ids }) => assert.deepEqual(answer.all(Tag.UniqueIdentifier, text), [ids[last]]),
  },
  {
    name: 'create',
    request: () => createRequest(benchName()),
    check: async (answer, ask) => assert.equal(keyIn(await ask(getRequest(idIn(answer)))).length, 32),
  },
  {
    name: 'get',
    request: ({ ids }) => getRequest(next(ids)),
    check: (answer, _ask, { ids }) => {
      assert.equal(idIn(answer), ids[last])
      assert.equal(keyIn(answer).length, 32)
    },
  },
  {
    name: 'encrypt',
    request: ({ ids }) => encryptRequest(next(ids), data),
    check: async (answer, ask) => {
      const encrypted = {
        data: answer.required(Tag.Data, byteString),
        iv: answer.required(Tag.IVCounterNonce, byteString),
        tag: answer.required(Tag.AuthenticatedEncryptionTag, byteString),
      }
      const opened = await ask(decryptRequest(idIn(answer), encrypted))
      assert.ok(data.equals(opened.required(Tag.Data, byteString)))
    },
  },
  {
    name: 'destroy',
    request: ({ spares }) => {
      const id = spares.pop()
      if (id === undefined) throw new Error('there are no more keys to destroy')
      return destroyRequest(id)
    },
    check: (answer, ask) => assert.rejects(ask(activateRequest(idIn(answer))), /the server answers/),
  },
]

/** KMIP 1.4 over mutual TLS, decided, done and recorded, against PyKMIP's server and a TLS echo of as many bytes. */
export const kmip: Suite = {
  name: 'kmip',
  run: (contest, quick) =>
    withScratch(async (directory) => {
      const servers: Server[] = []
      const running = async (starting: Promise<Server>): Promise<Server> => {
        const server = await starting
        servers.push(server)
        return server
      }
      try {
        const { files, connector, ...keys } = await furnished(directory, quick)
        const ours = { ...keys, connect: connector(await running(mortiseServer(storeIn(directory), onPort))) }
        const connect = connector(await running(pykmipServer(directory, files)))
        const peer = { connect, ...(await filled(connect, quick ? 20 : few)) }
        for (const row of rows) {
          const size = await checked(row, ours)
          await checked(row, peer)
          const echo = connector(await running(echoServer(files, size)))
          for (const connections of quick ? [1, 4] : [1, 4, 64]) {
            if (row.name === 'destroy') peer.spares.push(...(await created(connect, 1500 + 30 * connections)))
            const open = await Promise.all([
              ours.connect(connections),
              peer.connect(connections),
              echo(connections),
            ])
            try {
              await contest(contestOf(row, connections, [ours, peer], open))
            } finally {
              for (const one of open) one.close()
            }
          }
        }
      } finally {
        for (const server of servers) await server.stop()
      }
    }),
}

/** A store with keys of a principal, and certificates below its built-in authority: the principal's and one for the other servers. */
async function furnished(scratch: string, quick: boolean) {
  const directory = storeIn(scratch)
  const manager = await openKeyManager({ directory })
  await manager.ensurePrincipal({ name: 'bench', roles: ['administrator', 'ca-officer'] })
  const session = await manager.as('bench')
  const like = { algorithm: 'AES', length: 256, extractable: true, sensitive: false } as const
  const active = await session.createKey({ ...like, name: benchName() })
  const waiting = await session.createKey({ ...like, name: benchName(), activate: false })
  await manager.close()
  const names = namesFor(quick ? few : many)
  const ids = await fill(directory, active.id, names)
  const spares = await fill(directory, waiting.id, namesFor((quick ? few : many) / 2))
  for (const made of [
    ['server', '127.0.0.1'],
    ['client', 'bench'],
  ]) {
    const args = [...made, '--as', 'bench', '--directory', directory, '--out', scratch]
    await promisify(execFile)(process.execPath, [mortisePath, 'tls', ...args])
  }
  const path = (name: string) => join(scratch, name)
  const files = { certificate: path('127.0.0.1.pem'), key: path('127.0.0.1-key.pem'), root: path('root.pem') }
  const [ca, cert, key] = [files.root, path('bench.pem'), path('bench-key.pem')].map((file) =>
    readFileSync(file),
  )
  const connector =
    ({ port }: Server) =>
    (connections: number) =>
      TtlvConnections.open({ host: '127.0.0.1', port, ca, cert, key }, connections)
  return { files, connector, names, ids, spares }
}

const onPort = (port: string) => ['--http-port', '0', '--kmip-host', '127.0.0.1', '--kmip-port', port]
const storeIn = (scratch: string) => join(scratch, 'mortise')
const namesFor = (count: number) => Array.from({ length: count }, benchName).sort()

function echoServer({ certificate, key, root }: TlsFiles, size: number): Promise<Server> {
  const program = new URL('./peers/ttlv_echo.js', import.meta.url)
  return Server.start(program, (port) => [port, certificate, key, root, String(size)])
}

async function filled(connect: Side['connect'], count: number): Promise<Omit<Side, 'connect'>> {
  const names = namesFor(count)
  const ids = await created(connect, count, names)
  const open = await connect(1)
  for (const id of ids) await open.send(activateRequest(id))
  open.close()
  return { names, ids, spares: await created(connect, 1) }
}

async function created(connect: Side['connect'], count: number, names = namesFor(count)): Promise<string[]> {
  const open = await connect(1)
  const ids: string[] = []
  for (const name of names) ids.push(idIn(payloadOf(await open.send(createRequest(name)))))
  open.close()
  return ids
}

/** Asks once, and says how many bytes the right answer has. */
async function checked(row: Row, side: Side): Promise<number> {
  const open = await side.connect(1)
  try {
    const answer = await open.send(row.request(side))
    await row.check(payloadOf(answer), async (request) => payloadOf(await open.send(request)), side)
    return answer.length
  } finally {
    open.close()
  }
}

function contestOf(
  row: Row,
  lanes: number,
  [ours, peer]: readonly [Side, Side],
  [toOurs, toPeer, toEcho]: readonly [TtlvConnections, TtlvConnections, TtlvConnections],
): Contest {
  const contender = (open: TtlvConnections, request: () => Buffer): Contender => ({
    lanes,
    work: () => open.send(request()).then(() => 1),
  })
  // The echo takes no spare key.
  const again = row.name === 'destroy' ? destroyRequest(ours.ids[0] as string) : undefined
  return {
    name: `${row.name}/${lanes}`,
    unit: 'requests/s',
    ...(row.slices && { slices: row.slices }),
    ours: contender(toOurs, () => row.request(ours)),
    peer: contender(toPeer, () => row.request(peer)),
    peerName: `PyKMIP's server with ${few} objects, ${lanes} at once`,
    limit: contender(toEcho, () => again ?? row.request(ours)),
    limitName: 'node:tls answering as many bytes',
    check: () => undefined,
  }
}

const decoder = new TtlvDecoder(native)

function payloadOf(answer: Buffer): Fields {
  const item = new Fields(decoder.decode(answer)).required(Tag.BatchItem, structure)
  return item.required(Tag.ResponsePayload, structure)
}

const idIn = (answer: Fields) => answer.required(Tag.UniqueIdentifier, text)

function keyIn(answer: Fields): Buffer {
  const block = answer.required(Tag.SymmetricKey, structure).required(Tag.KeyBlock, structure)
  return block.required(Tag.KeyValue, structure).required(Tag.KeyMaterial, byteString)
}
