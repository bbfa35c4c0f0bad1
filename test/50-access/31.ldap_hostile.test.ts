import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import fc from 'fast-check'
import { MessageParser } from 'ldapts'
import t, { type Test } from 'tap'
import { checkedSettings } from '../../lib/access/connection_settings.js'
import { Directory } from '../../lib/access/ldap/directory.js'
import { Messages } from '../../lib/access/ldap/messages.js'
import { extension, make, oids } from '../15-x509/authority.js'
import { der, primitive, sequence } from '../15-x509/der.js'
import { shown } from '../support/tls_clients.js'

const own = shown(
  make({
    extensions: [extension(oids.subjectAltName, sequence(der(primitive(7), Buffer.from([127, 0, 0, 1]))))],
    ...{ notBefore: '20200101000000Z', notAfter: '20990101000000Z' },
  }),
)
/** Answers to the first message: success of StartTLS, and of other things. */
const accepted = Buffer.from('300c02010178070a010004000400', 'hex')
const refused = Buffer.from('300c02010178070a013404000400', 'hex')
const bound = (id: number) =>
  Buffer.from(`300c0201${Buffer.from([id]).toString('hex')}61070a010004000400`, 'hex')

/** An entry with lengths as Active Directory writes them, and the end of the search with a control. */
const entry = Buffer.from(
  '30840000002c0201026484000000230406636e3d616e6e30840000001530840000000f0402636e3184000000050403616e6e',
  'hex',
)
const done = Buffer.from('301902010265070a010004000400a00b30090407312e322e332e34', 'hex')

/** Somebody at the port of a directory who does as it pleases. */
async function impostor(t: Test, server: Server, serve: (socket: Socket) => void) {
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

const settingsOf = (port: number, settings: Record<string, unknown> = {}) =>
  checkedSettings('ldap', {
    url: `ldap://127.0.0.1:${port}`,
    authorities: own.cert,
    userBase: 'dc=example',
    ...settings,
  })

const soon = () => AbortSignal.timeout(2000)

/** Serves TLS on what was a plain connection. */
function upgraded(socket: Socket): TLSSocket {
  return new TLSSocket(socket, { isServer: true, cert: own.cert, key: own.key })
}

t.test('StartTLS: nothing that is said before TLS is taken for something said by TLS', async (t) => {
  const answers: Record<string, Buffer | readonly Buffer[]> = {
    'a whole answer after it': Buffer.concat([accepted, bound(2)]),
    'the beginning of one': Buffer.concat([accepted, bound(2).subarray(0, 3)]),
    'one byte': Buffer.concat([accepted, Buffer.from([0x30])]),
    'in its place': bound(1),
    'to another message': Buffer.from('300c02010278070a010004000400', 'hex'),
    'a refusal': refused,
    'of no length': Buffer.from('3080', 'hex'),
    'of a negative length': Buffer.from('3084ffffffff', 'hex'),
    'something else': Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'without end': Buffer.concat([Buffer.from('308400100000', 'hex'), Buffer.alloc(5000)]),
    nothing: Buffer.alloc(0),
  }
  for (const [what, answer] of Object.entries(answers)) {
    const { port } = await impostor(t, createServer(), (socket) => {
      socket.once('data', () => {
        socket.write(answer as Buffer)
        const tls = upgraded(socket)
        tls.on('error', () => undefined)
        tls.on('data', () => tls.write(bound(2)))
      })
    })
    await t.rejects(Directory.open(settingsOf(port), soon()), { name: 'DirectoryFault', step: 'tls' }, what)
  }
  const { port } = await impostor(t, createServer(), (socket) => {
    socket.once('data', () => {
      for (const byte of accepted) socket.write(Buffer.from([byte]))
      const tls = upgraded(socket)
      tls.on('data', () => tls.write(bound(2)))
    })
  })
  const directory = await Directory.open(settingsOf(port), soon())
  t.ok(await directory.bind('cn=somebody', 'secret'), 'byte by byte it is one all the same')
  await directory.close()
})

t.test('a connection that is lost is not made again, without TLS or with', async (t) => {
  const said: Buffer[] = []
  const { port, sockets } = await impostor(t, createServer(), (socket) => {
    socket.on('data', (data) => said.push(data))
    socket.once('data', () => {
      socket.write(accepted)
      const tls = upgraded(socket)
      tls.on('error', () => undefined)
      tls.once('data', () => tls.end(bound(2)))
    })
  })
  const directory = await Directory.open(settingsOf(port), soon())
  t.ok(await directory.bind('cn=reader', 'secret of the reader'))
  await once(sockets[0] as Socket, 'close')
  await t.rejects(directory.bind('cn=ann', 'password of ann'), { name: 'DirectoryFault' })
  t.equal(sockets.length, 1)
  t.notOk(Buffer.concat(said).includes('of ann') || Buffer.concat(said).includes('of the reader'))
})

t.test('a directory that answers too much, or what is none', async (t) => {
  const serve = async (answer: (socket: Socket) => void) => {
    const server = createServer()
    const { port } = await impostor(t, server, (socket) => socket.on('data', () => answer(socket)))
    return Directory.open(settingsOf(port, { startTls: false }), soon())
  }
  const search = { base: 'dc=example', scope: 'sub', filter: '(cn=*)', attributes: [], most: 1 } as const
  const flood = await serve((socket) => socket.write(Buffer.alloc(5 * 2 ** 20, 0x30)))
  await t.rejects(flood.find(search), { name: 'DirectoryFault', step: 'search' })
  const none = [
    ...['', '30', '3080', '3084ffffffff', 'ffffffff', '3003020102', '30050201026400', '30030201028700'],
    // An entry, a reference and a bind that are cut short within, and answers without a result.
    ...['300902010264040400307f', '300702010273020482', '300c020102610704010004003082', '3005020102650030'],
    ...['30050201026500', '300a02010265050400040004', '300c02010267070a010004000400'],
  ]
  for (const answer of none) {
    const directory = await serve((socket) => socket.end(Buffer.from(answer, 'hex')))
    await t.rejects(directory.find(search), { name: 'DirectoryFault' }, answer)
    const other = await serve((socket) => socket.end(Buffer.from(answer, 'hex')))
    await t.rejects(other.bind('cn=ann', 'secret'), { name: 'DirectoryFault' }, answer)
  }
  const split = await serve((socket) => {
    for (const byte of Buffer.concat([entry, done])) socket.write(Buffer.from([byte]))
  })
  const [found] = await split.find(search)
  t.same(
    [found?.dn, found?.values('CN')],
    ['cn=ann', ['ann']],
    'in however many pieces, with controls that nobody asked for',
  )
  await split.close()
})

t.test('nobody binds without a name or without a password', async (t) => {
  const { port, sockets } = await impostor(t, createServer(), (socket) => {
    socket.on('data', () => socket.write(bound(2)))
  })
  const directory = await Directory.open(settingsOf(port, { startTls: false }), soon())
  t.equal(await directory.bind('', 'secret'), false)
  t.equal(await directory.bind('cn=ann', ''), false)
  t.equal(sockets[0]?.bytesRead, 0)
  t.ok(await directory.bind('cn=ann', 'secret'))
  await directory.close()
})

t.test('whatever comes, the library is given nothing that it would read for ever', async (t) => {
  const messages = [entry, done, accepted, bound(2), Buffer.from('300b0201027306040161040162', 'hex')]
  const change = fc.record({ at: fc.nat(60), byte: fc.nat(255) })
  const hostile = fc
    .tuple(fc.constantFrom(...messages), fc.array(change, { maxLength: 4 }), fc.nat(60))
    .map(([message, changes, cut]) => {
      const bytes = Buffer.from(message)
      for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte
      return bytes.subarray(0, cut > 50 ? bytes.length : cut)
    })
  let whole = 0
  fc.assert(
    fc.property(hostile, (bytes) => {
      const parser = new MessageParser()
      parser.on('message', () => undefined)
      parser.on('error', () => undefined)
      try {
        for (const message of new Messages().take(bytes)) {
          whole++
          parser.read(message, new Map())
        }
      } catch (error) {
        if (!/LDAP|short|too much/.test(String(error))) throw error
      }
    }),
    { numRuns: 20_000 },
  )
  t.ok(whole > 1000)
})
