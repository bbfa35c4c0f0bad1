/** KMIP requests that are answered later: Poll, Cancel, Process, Query Asynchronous Requests. */
import t from 'tap'
import { Face } from './face.js'
import { type Asking, type Item, id, KmipClient, value } from './kmip_client.js'

const face = await Face.open(t, { '--faces-kmip': 'true', '--limits-requests': '0' })
const kmip = new KmipClient(face)

const aes = `${value('ObjectType', 'Enumeration', 'SymmetricKey')}<Attributes>${value('CryptographicAlgorithm', 'Enumeration', 'AES')}${value('CryptographicLength', 'Integer', '256')}${value('CryptographicUsageMask', 'Integer', 'Encrypt')}</Attributes>`
const query = ['Query', value('QueryFunction', 'Enumeration', 'QueryObjects')] as const
const indicator = (word: string) => ({ header: value('AsynchronousIndicator', 'Enumeration', word) })
const named = (correlation: string) => value('AsynchronousCorrelationValue', 'ByteString', correlation)
const correlationOf = (item: Item | undefined) => item?.field('AsynchronousCorrelationValue') ?? ''

async function later(...items: (readonly [string, string])[]): Promise<string[]> {
  const pending = await kmip.ask('2.1', items, indicator('Mandatory'))
  for (const { status, message } of pending)
    if (status !== 'OperationPending') throw new Error(`${status} ${message}`)
  return pending.map(correlationOf)
}

const ask = (operation: string, correlation: string, asking?: Asking) =>
  kmip.one('2.1', operation, named(correlation), asking)

/** Until it is pending no more, as a client would. */
async function polled(correlation: string): Promise<Item> {
  for (;;) {
    const item = await ask('Poll', correlation)
    if (item.status !== 'OperationPending') return item
  }
}

t.test('what is asked for later is done, and answered as it would have been', async (t) => {
  const [created = '', got = ''] = await later(['Create', aes], ['Get', ''])
  const made = await polled(created)
  t.same([made.status, made.field('Operation')], ['Success', 'Create'], made.message)
  const key = made.field('UniqueIdentifier')
  const material = await polled(got)
  t.same([material.field('UniqueIdentifier'), material.field('KeyMaterial')?.length], [key, 64])
  t.equal((await kmip.one('2.1', 'Get', id(key ?? ''))).status, 'Success')
  t.equal((await polled(created)).field('UniqueIdentifier'), key, 'also whom the answer did not reach')

  const [failing = '', left = ''] = await later(['Get', id('00000000-0000-4000-8000-000000000000')], query)
  t.same([(await polled(failing)).reason, (await polled(left)).reason], ['ObjectNotFound', 'GeneralFailure'])
  t.equal((await kmip.one('2.1', ...query, indicator('Optional'))).status, 'Success')
  t.equal((await kmip.one('2.1', ...query, indicator('Prohibited'))).status, 'Success')
  const nested = await kmip.one('2.1', 'Poll', named(failing), indicator('Mandatory'))
  t.equal(nested.reason, 'FeatureNotSupported')

  const header = value('AsynchronousIndicator', 'Boolean', 'true')
  const old = await kmip.one('1.0', 'Query', query[1], { header })
  t.equal(old.status, 'OperationPending')
  const answer = await kmip.one('1.0', 'Poll', named(correlationOf(old)), { header })
  t.same([answer.status, answer.field('Operation')], ['Success', 'Query'])
  t.equal((await ask('Poll', correlationOf(old))).reason, 'InvalidAsynchronousCorrelationValue')
})

t.test('it is canceled before it has begun', async (t) => {
  const name = 'canceled'
  const create = aes.replace(
    '</Attributes>',
    `<Name>${value('NameValue', 'TextString', name)}${value('NameType', 'Enumeration', 'UninterpretedTextString')}</Name></Attributes>`,
  )
  let result: string | undefined
  let correlation = ''
  // On a busy machine it may have begun.
  for (let tries = 0; result !== 'Canceled' && tries < 20; tries++) {
    ;[correlation = ''] = await later(['Create', create])
    result = (await ask('Cancel', correlation)).field('CancellationResult')
    if (result !== 'Canceled') await polled(correlation)
  }
  t.equal(result, 'Canceled')
  t.equal((await ask('Poll', correlation)).reason, 'OperationCanceledByRequester')
  t.equal((await ask('Cancel', correlation)).field('CancellationResult'), 'Canceled')
  const [done = ''] = await later(query)
  await polled(done)
  t.equal((await ask('Cancel', done)).field('CancellationResult'), 'Completed')
  const [failed = ''] = await later(['Get', id('00000000-0000-4000-8000-000000000000')])
  await polled(failed)
  t.equal((await ask('Cancel', failed)).field('CancellationResult'), 'Failed')
  t.equal((await ask('Cancel', '00')).field('CancellationResult'), 'Unavailable')
})

t.test('it is of whoever has asked', async (t) => {
  const listed = async (payload = '', asking?: Asking) =>
    (await kmip.one('2.1', 'QueryAsynchronousRequests', payload, asking)).fields(
      'AsynchronousCorrelationValue',
    )
  t.same(await listed(), [], 'what was obtained or canceled is not listed')
  const [first = '', second = ''] = await later(query, ['Create', aes])
  t.same(await listed(), [first, second])
  t.same(await listed(`<Operations>${value('Operation', 'Enumeration', 'Create')}</Operations>`), [second])
  t.same(await listed(`<AsynchronousCorrelationValues>${named(first)}</AsynchronousCorrelationValues>`), [
    first,
  ])
  const other = { token: await face.tokenOf('other') }
  t.same(await listed('', other), [])
  for (const operation of ['Poll', 'Process'])
    t.equal((await ask(operation, first, other)).reason, 'InvalidAsynchronousCorrelationValue')
  t.equal((await ask('Cancel', first, other)).field('CancellationResult'), 'Unavailable')

  t.equal((await ask('Process', second)).status, 'Success')
  t.equal((await ask('Poll', second)).status, 'Success', 'not pending')
  t.equal((await ask('Process', second)).reason, 'DuplicateProcessRequest')
})

t.test('so many, and no more', async (t) => {
  const asking = { ...indicator('Mandatory'), token: await face.tokenOf('greedy') }
  for (let i = 0; i < 10; i++) {
    const ten = Array.from({ length: 10 }, () => query)
    t.equal((await kmip.ask('2.1', ten, asking))[9]?.status, 'OperationPending')
  }
  t.equal((await kmip.one('2.1', ...query, asking)).reason, 'ServerLimitExceeded')
  t.equal((await later(query)).length, 1, 'others are served')
})
