/** What runs in the process or thread of a {@link Remote}: a key manager that does as it is told. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Cipher, isMortiseError, openKeyManager, type Session } from '../../lib/index.js'
import type { RemoteOptions, Reply, Request } from './remote.js'

const options: RemoteOptions = workerData ?? JSON.parse(process.argv[2] ?? '')
const { rootKey, ...rest } = options
const km = await openKeyManager({ ...rest, rootKey: { hex: rootKey } })

const post = (reply: Reply) => (parentPort ? parentPort.postMessage(reply) : process.send?.(reply))

async function obey({ who, method, args }: Request): Promise<unknown> {
  if (method === 'close') return km.close()
  await km.ensurePrincipal({ name: who })
  const session = await km.as(who)
  if (method === 'sealThroughLease') return sealThroughLease(session, ...(args as [string, number, Format]))
  if (method === 'holdLease') return void held.push(await session.openCipher(args[0] as string, ['encrypt']))
  if (method === 'sealUntilEnded') return Promise.all(held.map(sealUntilEnded))
  return (session[method] as (...args: unknown[]) => Promise<unknown>).apply(session, [...args])
}

type Format = NonNullable<Parameters<Session['openCipher']>[2]>['format']

/** Seals so many records through a lease of its own. */
async function sealThroughLease(
  session: Session,
  key: string,
  count: number,
  format?: Format,
): Promise<Uint8Array[]> {
  const cipher = await session.openCipher(key, ['encrypt'], format && { format })
  const records = cipher.sealBatch(Array.from({ length: count }, () => Buffer.from('data')))
  await cipher.close()
  return records.map((record) => new Uint8Array(record))
}

const held: Cipher[] = []

/** Seals through the leases that are held until they end; the codes of the errors that they end with. */
async function sealUntilEnded(cipher: Cipher): Promise<string> {
  try {
    for (;;) {
      cipher.seal(Buffer.from('data'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  } catch (error) {
    return isMortiseError(error) ? error.code : String(error)
  }
}

async function answer(request: Request): Promise<void> {
  try {
    post([request.id, await obey(request)])
  } catch (error) {
    post([request.id, undefined, isMortiseError(error) ? error.code : String(error)])
  }
  if (request.method !== 'close') return
  parentPort?.close()
  if (process.connected) process.disconnect()
}

const port = parentPort ?? process
port.on('message', answer)
post([0, 'open'])
