/** KMIP over TLS: who comes in, and the list of bad input, each with the answer that it must get. */
import { once } from 'node:events'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { decoder, writer } from './kmip.js'
import { messageOf, value } from './kmip_client.js'
import { answersOf, KmipServer } from './kmip_server.js'

const server = await KmipServer.start(t)

const bytesOf = (xml: string) => requestOfXml(writer, xml).bytes
const query = (version = '1.4') =>
  bytesOf(messageOf(version, [['Query', value('QueryFunction', 'Enumeration', 'QueryObjects')]]))
const textOf = (answer: Buffer | undefined) => (answer ? xmlOfTtlv(decoder.decode(answer)) : 'nothing')
const reasonOf = (answer: Buffer | undefined) =>
  /<ResultReason type="Enumeration" value="(\w+)"/.exec(textOf(answer))?.[1] ??
  /<ResultStatus type="Enumeration" value="(\w+)"/.exec(textOf(answer))?.[1]

/** Whether somebody else is served. */
async function serves(t: Test): Promise<boolean> {
  return reasonOf((await server.ask(t, query()))[0]) === 'Success'
}

t.test('a certificate says who it is, and a credential before it', async (t) => {
  t.equal(reasonOf((await server.ask(t, query()))[0]), 'Success')
  t.equal(reasonOf((await server.ask(t, query(), 1, {}))[0]), 'AuthenticationNotSuccessful', 'without one')
  t.equal(reasonOf((await server.ask(t, query(), 1, server.stranger))[0]), 'AuthenticationNotSuccessful')
  const credential = `<Authentication><Credential>${value('CredentialType', 'Enumeration', 'UsernameAndPassword')}<CredentialValue>${value('Username', 'TextString', 'ann')}${value('Password', 'TextString', 'wrong')}</CredentialValue></Credential></Authentication>`
  const both = bytesOf(messageOf('1.4', [['Query', '']], credential))
  t.equal(
    reasonOf((await server.ask(t, both))[0]),
    'AuthenticationNotSuccessful',
    'the certificate adds no right',
  )
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    t.equal(
      reasonOf(
        (await server.ask(t, query(), 1, { ...server.client, minVersion: version, maxVersion: version }))[0],
      ),
      'Success',
    )
  await t.rejects(server.connect(t, { ...server.client, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }))
  const { records } = await (await server.keyManager.as('admin')).audit({
    operation: 'Authenticate',
    face: 'kmip',
  })
  t.ok(records.some(({ outcome, address }) => outcome === 'success' && address === '127.0.0.1'))
})

t.test('messages come as they like', async (t) => {
  const socket = await server.connect(t)
  const one = query()
  socket.write(Buffer.concat([one, one, one]))
  t.same((await answersOf(socket, 3)).map(reasonOf), ['Success', 'Success', 'Success'], 'three in one')
  for (const byte of one.subarray(0, 20)) socket.write(Buffer.of(byte))
  socket.write(one.subarray(20))
  t.equal(reasonOf((await answersOf(socket, 1))[0]), 'Success', 'one in many')
  socket.end(one)
  t.equal(
    reasonOf((await answersOf(socket, 1))[0]),
    'Success',
    'a client that has said all still gets its answer',
  )
  await once(socket, 'close')
  t.pass('and then the server ends it')
})

/** HTTP on the port of KMIP, with the client's certificate unless said otherwise. */
async function post(
  path: string,
  body: string,
  type: string,
  { port, client }: Pick<KmipServer, 'port' | 'client'> = server,
) {
  const asked = request({
    host: '127.0.0.1',
    port,
    path,
    method: 'POST',
    rejectUnauthorized: false,
    headers: { 'content-type': type },
    ...client,
  })
  asked.end(body)
  const [response] = await once(asked, 'response')
  return { status: response.statusCode, body: await text(response) }
}

t.test('HTTP is told from TTLV, and is for KMIP alone', async (t) => {
  const xml = await post('/kmip', messageOf('1.4', [['Query', '']]), 'text/xml')
  t.match(xml, { status: 200, body: /ResultStatus type="Enumeration" value="Success"/ })
  t.match(await post('/admin/v1/login', '{}', 'application/json'), { status: 404 })
  t.match(await post('/health', '{}', 'application/json'), { status: 404 })
})

t.test('failed logins count together, whichever way they come', async (t) => {
  const strict = await KmipServer.start(t, { flags: { '--limits-failures': '2' } })
  const { port, stranger } = strict
  for (let i = 0; i < 2; i++) {
    const { body } = await post('/kmip', messageOf('1.4', [['Query', '']]), 'text/xml', {
      port,
      client: stranger,
    })
    t.match(body, /AuthenticationNotSuccessful/)
  }
  const [answer] = await strict.ask(t, query())
  t.equal(reasonOf(answer), 'GeneralFailure')
  t.match(textOf(answer), /too many failed logins from this address/)
})

/** A message of one structure in another. */
function nested(levels: number): Buffer {
  const bytes = Buffer.alloc(8 * levels)
  for (let i = 0; i < levels; i++) {
    bytes.writeUInt32BE(0x42007801, 8 * i)
    bytes.writeUInt32BE(8 * (levels - i - 1), 8 * i + 4)
  }
  return bytes
}

const item = (tag: number, type: number, content: Buffer, length = content.length) => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(tag * 256 + type)
  head.writeUInt32BE(length, 4)
  return Buffer.concat([head, content, Buffer.alloc((8 - (content.length % 8)) % 8)])
}
const patched = (offset: number, ...bytes: number[]) => {
  const copy = Buffer.from(query())
  copy.set(bytes, offset)
  return copy
}
const xmlWith = (change: (xml: string) => string) =>
  bytesOf(change(messageOf('1.4', [['Query', value('QueryFunction', 'Enumeration', 'QueryObjects')]])))

/** What ends a connection, because nobody knows where the next message would begin. */
const lost: readonly (readonly [string, Buffer, string])[] = [
  ['a message of 2 GiB', item(0x420078, 1, Buffer.alloc(8), 0x7fffffff), 'ServerLimitExceeded'],
  ['one of 4 GiB', item(0x420078, 1, Buffer.alloc(8), 0xfffffff8), 'ServerLimitExceeded'],
  ['5,000 structures in one another', nested(5000), 'ServerLimitExceeded'],
  ['an item that reaches out of its structure', patched(12, 0, 0, 0xff, 0xf8), 'InvalidMessage'],
  ['a message that is no structure', item(0x420078, 2, Buffer.alloc(4)), 'InvalidMessage'],
  ['an item type that there is not', patched(8 + 3, 0x0f), 'InvalidMessage'],
  ['a tag of nobody', patched(8, 0x13), 'InvalidMessage'],
]

t.test('what is no message is refused, and the connection ends', async (t) => {
  for (const [what, bytes, reason] of lost) {
    const socket = await server.connect(t)
    socket.write(bytes)
    const answers = await answersOf(socket, 2)
    t.equal(answers.length, 1, `${what}: one answer, and the end`)
    t.equal(reasonOf(answers[0]), reason, what)
    t.ok(await serves(t), 'others are served')
  }
})

const header = '<BatchCount type="Integer" value="1"/>'
/** What is a message, and is not right: the connection goes on. */
const wrong: readonly (readonly [string, Buffer, string])[] = [
  ['a response', xmlWith((xml) => xml.replaceAll('RequestMessage', 'ResponseMessage')), 'InvalidMessage'],
  ['no header', xmlWith((xml) => xml.replace(/<RequestHeader>.*<\/RequestHeader>/, '')), 'InvalidMessage'],
  [
    'no version',
    xmlWith((xml) => xml.replace(/<ProtocolVersion>.*<\/ProtocolVersion>/, '')),
    'InvalidMessage',
  ],
  ['a version to come', bytesOf(messageOf('3.0', [['Query', '']])), 'UnsupportedProtocolVersion'],
  ['no batch count', xmlWith((xml) => xml.replace(header, '')), 'InvalidMessage'],
  ['two batch counts', xmlWith((xml) => xml.replace(header, header + header)), 'InvalidMessage'],
  [
    'a batch count of nothing',
    xmlWith((xml) => xml.replace(header, header.replace('"1"', '"0"'))),
    'InvalidMessage',
  ],
  [
    'a batch count as a text',
    xmlWith((xml) => xml.replace(header, value('BatchCount', 'TextString', '1'))),
    'InvalidMessage',
  ],
  [
    'an operation as a number',
    xmlWith((xml) => xml.replace(/<Operation[^>]*>/, value('Operation', 'Integer', '24'))),
    'InvalidMessage',
  ],
  ['no operation', xmlWith((xml) => xml.replace(/<Operation[^>]*>/, '')), 'InvalidMessage'],
  [
    'an operation of nobody',
    xmlWith((xml) => xml.replace(/<Operation[^>]*>/, value('Operation', 'Enumeration', '0x80000001'))),
    'OperationNotSupported',
  ],
  ['no payload', xmlWith((xml) => xml.replace(/<RequestPayload>.*<\/RequestPayload>/, '')), 'InvalidMessage'],
  ['a Get of nothing', bytesOf(messageOf('1.4', [['Get', '']])), 'ItemNotFound'],
  [
    'an identifier as bytes',
    bytesOf(messageOf('1.4', [['Get', value('UniqueIdentifier', 'ByteString', '00')]])),
    'InvalidMessage',
  ],
  ['a Create without a type', bytesOf(messageOf('1.4', [['Create', '']])), 'InvalidMessage'],
  [
    'a response of no size',
    bytesOf(messageOf('1.4', [['Query', '']], value('MaximumResponseSize', 'Integer', '-1'))),
    'InvalidField',
  ],
]

t.test('what is not right is told, and the connection goes on', async (t) => {
  const socket = await server.connect(t)
  for (const [what, bytes, reason] of wrong) {
    socket.write(bytes)
    t.equal(reasonOf((await answersOf(socket, 1))[0]), reason, what)
  }
  socket.write(query())
  t.equal(reasonOf((await answersOf(socket, 1))[0]), 'Success')
})

t.test('those who say nothing, or half, are in nobody’s way', async (t) => {
  const idle = await Promise.all(Array.from({ length: 50 }, () => server.connect(t)))
  const half = await Promise.all(Array.from({ length: 10 }, () => server.connect(t)))
  for (const socket of half) socket.write(query().subarray(0, 40))
  t.ok(await serves(t))
  for (const socket of [...idle, ...half]) socket.end()
  await Promise.all([...idle, ...half].map((socket) => socket.destroyed || once(socket, 'close')))
  t.pass('half a message and the end: the connection is closed')
})

t.test('a client that takes no answers is not read any more', async (t) => {
  const socket = await server.connect(t)
  socket.pause()
  const many = Buffer.concat(Array.from({ length: 200 }, () => query()))
  let taken = true
  for (let i = 0; i < 400 && taken; i++) {
    taken = await new Promise<boolean>((resolve) => {
      const full = setTimeout(() => resolve(false), 2000)
      socket.write(many, () => {
        clearTimeout(full)
        resolve(true)
      })
    })
  }
  t.notOk(taken, 'its requests wait with it')
  t.ok(await serves(t))
})

t.test('who leaves in the handshake keeps nothing open', async (t) => {
  const other = await KmipServer.start(t)
  for (let i = 0; i < 20; i++) {
    const socket = connect({
      port: other.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...other.client,
    })
    // The client is done with it before the server is.
    socket.on('secureConnect', () => socket.destroy())
    await once(socket, 'close')
  }
  await other.listener.close()
  t.pass('the listener is closed')
})

t.test('whoever is stopped finishes what is under way', async (t) => {
  const other = await KmipServer.start(t)
  const [busy, idle] = [await other.connect(t), await other.connect(t)]
  busy.write(query())
  t.equal(reasonOf((await answersOf(busy, 1))[0]), 'Success')
  busy.write(query())
  await new Promise((resolve) => setImmediate(resolve))
  const ends = [once(busy, 'close'), once(idle, 'close')]
  busy.resume()
  idle.resume()
  await other.listener.close()
  await Promise.all(ends)
  t.pass('all connections are closed')
})
