/** KMIP clients that take their time, or all of the server's connections. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { decoder, writer } from './kmip.js'
import { messageOf, value } from './kmip_client.js'
import { answersOf, KmipServer } from './kmip_server.js'

const bytesOf = (operation: string, payload: string) =>
  requestOfXml(writer, messageOf('1.4', [[operation, payload]])).bytes
const query = bytesOf('Query', value('QueryFunction', 'Enumeration', 'QueryObjects'))
/** A short request with a long answer. */
const random = bytesOf('RNGRetrieve', value('DataLength', 'Integer', '65536'))

/** Whether somebody else is served. */
async function serves(t: Test, server: KmipServer): Promise<boolean> {
  const [answer] = await server.ask(t, query)
  return answer !== undefined && /ResultStatus.*Success/.test(xmlOfTtlv(decoder.decode(answer)))
}

t.test('patience has an end', async (t) => {
  const server = await KmipServer.start(t, { patience: { idle: 2000, message: 500 } })

  t.test('with who sends a byte now and then', async (t) => {
    const socket = await server.connect(t)
    const answered = answersOf(socket, 1)
    let sent = 0
    while (!socket.destroyed && sent < query.length) {
      socket.write(query.subarray(sent, ++sent))
      await setTimeout(50)
    }
    t.ok(sent < query.length, 'the connection has ended before the message has')
    t.same(await answered, [])
    t.ok(await serves(t, server))
  })

  t.test('with who takes no answer', async (t) => {
    const socket = await server.connect(t)
    socket.pause()
    // Who does not read hears of the end only by what it writes.
    while (!socket.destroyed) {
      socket.write(random)
      await setTimeout(10)
    }
    t.ok(await serves(t, server))
  })

  t.test('with who says nothing', async (t) => {
    const [before, after] = [await server.connect(t), await server.connect(t)]
    after.write(query)
    t.equal((await answersOf(after, 1)).length, 1)
    before.resume()
    after.resume()
    await Promise.all([before, after].map((socket) => socket.destroyed || once(socket, 'close')))
    t.ok(await serves(t, server))
  })
})

t.test('10,000 connections that say nothing', async (t) => {
  const server = await KmipServer.start(t)
  const before = process.memoryUsage().rss
  const program = fileURLToPath(new URL('./idle_kmip_clients.js', import.meta.url))
  const clients = spawn(process.execPath, [program, String(server.port), '10000', server.files.root], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => clients.kill('SIGKILL'))
  const [said] = (await Promise.race([once(clients.stdout, 'data'), once(clients, 'exit')])) as [unknown]
  t.equal(String(said), 'open\n')
  t.ok(await serves(t, server), 'are in nobody’s way')
  const each = (process.memoryUsage().rss - before) / 10_000
  t.ok(each < 100_000, `and take ${Math.round(each)} bytes each`)
  const exit = once(clients, 'exit')
  clients.stdin.end()
  t.same(await exit, [0, null], 'none was closed')
  t.ok(await serves(t, server))
})
