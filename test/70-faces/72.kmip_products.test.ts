/** What databases, storage arrays, hypervisors and backup systems send, from tables, over mutual TLS; and that they are told what they need. */

import { once } from 'node:events'
import { request } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { treeOf } from '../conformance/tree.js'
import { decoder, writer } from './kmip.js'
import { type Item, itemsOf, messageOf } from './kmip_client.js'
import { fortigate, type Product, products, type Step } from './kmip_products.js'
import { answersOf, KmipServer } from './kmip_server.js'

const server = await KmipServer.start(t, { policy: 'compatible' })
const ann = await server.keyManager.as('ann')

/** Sends the bytes of a message. */
type Send = (bytes: Buffer) => Promise<Buffer>

async function overTls(t: Test): Promise<Send> {
  const socket: TLSSocket = await server.connect(t)
  return async (bytes) => {
    socket.write(bytes)
    return (await answersOf(socket, 1))[0] ?? Buffer.alloc(0)
  }
}

const overHttps: Send = async (bytes) => {
  const asked = request({
    host: '127.0.0.1',
    port: server.port,
    path: '/kmip',
    method: 'POST',
    rejectUnauthorized: false,
    headers: { 'content-type': 'application/octet-stream' },
    ...server.client,
  })
  asked.end(bytes)
  const [response] = await once(asked, 'response')
  return buffer(response)
}

async function play(t: Test, { version, steps, over }: Product): Promise<void> {
  const send = over === 'HTTPS' ? overHttps : await overTls(t)
  const kept = new Map<string, string>()
  const filled = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, name) => kept.get(name) ?? '')
  for (const step of steps) {
    const message = filled(messageOf(version, step.asks, step.header))
    const answer = await send(requestOfXml(writer, message).bytes)
    const items = itemsOf(treeOf(xmlOfTtlv(decoder.decode(answer))))
    t.equal(items.length, step.asks.length)
    for (const [i, item] of items.entries()) check(t, item, step, i, filled)
    for (const [name, field] of Object.entries(step.keep ?? {}))
      kept.set(name, items.at(-1)?.field(field) ?? '')
  }
}

function check(
  t: Test,
  item: Item,
  { asks, answers }: Step,
  i: number,
  filled: (text: string) => string,
): void {
  const what = asks[i]?.[0] ?? ''
  t.equal(item.status, 'Success', `${what} ${item.reason ?? ''} ${item.message}`)
  for (const [field, expected] of Object.entries(answers?.[i] ?? {})) {
    const payload = item.fields(field).filter((value) => field !== 'Operation' || value !== what)
    if (expected === null) t.same(payload, [], `${what}: no ${field}`)
    else if (expected instanceof RegExp) t.match(payload[0], expected, `${what}: ${field}`)
    else t.equal(payload[0], filled(expected), `${what}: ${field}`)
  }
}

for (const product of products) t.test(product.name, (t) => play(t, product))

t.test('FortiGate', async (t) => {
  const admin = await server.keyManager.as('admin')
  const password = 'correct horse battery staple'
  await admin.createPrincipal({ name: 'forti', password, permissions: ['Import'], methods: ['password'] })
  const forti = await server.keyManager.as('forti')
  const material = Buffer.alloc(32, 1)
  for (const [name, algorithm] of [
    ['ipsec-enc', 'AES'],
    ['ipsec-auth', 'HMAC-SHA-1'],
  ] as const)
    await forti.register({ name, algorithm, format: 'raw', material, extractable: true, sensitive: false })
  await ann.createKey({ algorithm: 'AES', name: 'of another' })
  const [located] = fortigate('forti', password, ['ipsec-enc', 'ipsec-auth', 'of another']).steps
  if (!located) return
  await play(t, { name: 'FortiGate', version: '1.0', steps: [located] })
  const ids = await Promise.all(['ipsec-enc', 'ipsec-auth'].map(async (name) => (await forti.get(name)).id))
  const get = ids.map((one) => ['Get', `<UniqueIdentifier type="TextString" value="${one}"/>`] as const)
  await play(t, {
    name: 'FortiGate',
    version: '1.0',
    steps: [
      {
        ...located,
        asks: get,
        answers: [
          { CryptographicAlgorithm: 'AES', KeyMaterial: material.toString('hex').toUpperCase() },
          { CryptographicAlgorithm: 'HMAC_SHA1' },
        ],
      },
    ],
  })
})
