import { execFile } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { SegmentVerifier } from '../../lib/audit/index.js'
import { decodeAuditRecord } from '../../lib/operation/index.js'
import { until } from '../support/clock.js'
import { type Inside, KeyHouse, outcome } from '../support/key_house.js'
import { Remote } from '../support/remote.js'
import { mountSmallDisk } from '../support/small_disk.js'
import { openDatagramReceiver, Receiver } from '../support/syslog.js'

/** `chain:sequence` of every record of the store that is to be delivered: all but the deliveries at its end. */
async function expected(house: KeyHouse): Promise<string[]> {
  const inside: Inside = await house.inside()
  const { rows } = await inside.store.auditAfter(0, 1_000_000)
  const last = rows.findLastIndex((row) => decodeAuditRecord(row.record)?.operation !== 'AuditDelivered')
  return rows.slice(0, last + 1).map(({ chain, sequence }) => `${chain}:${sequence}`)
}

const linesOf = (path: string) =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []

/** `chain:sequence` of each line of JSON, and what does not verify. */
function read(lines: readonly string[]) {
  const verifier = new SegmentVerifier()
  for (const line of lines) verifier.add(line)
  const places = lines.map((line) => {
    const { chain, sequence } = JSON.parse(line) as { chain: string; sequence: number }
    return `${chain}:${sequence}`
  })
  return { places, problems: verifier.problems }
}

/** Checks that nothing is missing, added or out of order; deliveries at the end of the trail may be there as well. */
async function isWhole(t: Test, house: KeyHouse, places: readonly string[]): Promise<void> {
  const all = await expected(house)
  t.strictSame(places.slice(0, all.length), all)
}

/** Waits until nothing waits for the first sink. */
const settled = (house: KeyHouse) => until(async () => (await house.km.auditHealth()).sinks[0]?.waiting === 0)
const failing = (house: KeyHouse) =>
  until(async () => (await house.km.auditHealth()).sinks[0]?.failure !== null)

async function work(house: KeyHouse, times: number, km = house.km): Promise<void> {
  const ann = await house.as('ann', km)
  await Promise.all(Array.from({ length: times }, () => ann.random(1)))
}

t.test(
  'every record is appended to a file once, in lines that verify, through rotation and restart',
  async (t) => {
    const directory = t.testdir()
    const [auditFile, rotated] = [join(directory, 'audit.jsonl'), join(directory, 'audit.jsonl.1')]
    const house = await KeyHouse.build(t, { auditFile })
    await work(house, 2100)
    await settled(house)
    t.equal(statSync(auditFile).mode & 0o777, 0o600)
    renameSync(auditFile, rotated)
    await work(house, 10)
    await until(() => existsSync(auditFile))
    await settled(house)
    await house.close()
    // A process that was killed in the middle of a line.
    appendFileSync(auditFile, linesOf(rotated)[0]?.slice(0, 100) ?? '')
    const km = await house.open()
    await work(house, 10, km)
    await km.close()
    const { places, problems } = read([...linesOf(rotated), ...linesOf(auditFile)])
    t.strictSame(problems, [])
    await isWhole(t, house, places)
    t.ok(linesOf(rotated).length > 2000 && linesOf(auditFile).length > 20)
  },
)

t.test('nothing goes on when nothing but deliveries is new', async (t) => {
  const auditFile = join(t.testdir(), 'audit.jsonl')
  const house = await KeyHouse.build(t, { auditFile, checkpointSeconds: 1 })
  const other = await house.open()
  await work(house, 5)
  const { store } = await house.inside()
  // The newest record is the same through several looks of both.
  const newest = async () => (await store.auditTail(1)).cursor
  await until(async () => {
    const before = await newest()
    await new Promise((resolve) => setTimeout(resolve, 4000))
    return (await newest()) === before
  })
  t.match(await house.km.auditHealth(), { sinks: [{ kind: 'file', waiting: 0, failure: null }] })
  await other.close()
})

t.test('a sink that is down is said to be, and gets everything once it is up', async (t) => {
  const directory = join(t.testdir(), 'missing')
  const auditFile = join(directory, 'audit.jsonl')
  const house = await KeyHouse.build(t, { auditFile })
  const other = await house.open({ auditFile })
  await work(house, 5)
  await failing(house)
  for (const km of [house.km, other]) {
    const { sinks } = await km.auditHealth()
    t.match(sinks, [{ kind: 'file', place: `file:${auditFile}`, failure: 'ENOENT' }], 'in every process')
    t.ok((sinks[0]?.waiting ?? 0) >= 5)
  }
  mkdirSync(directory)
  await until(async () => (await house.km.auditHealth()).sinks[0]?.failure === null)
  await settled(house)
  const { places, problems } = read(linesOf(auditFile))
  t.strictSame(problems, [])
  await isWhole(t, house, places)
  const { records } = await (await house.administrator()).audit({ operation: 'AuditSinkFailed' })
  t.match(records, [{ face: 'system', detail: { sink: `file:${auditFile}`, failure: 'ENOENT' } }])
})

t.test('a cursor that was tampered with stops the sink, and is told of', async (t) => {
  const auditFile = join(t.testdir(), 'audit.jsonl')
  const house = await KeyHouse.build(t, { auditFile })
  await work(house, 5)
  await settled(house)
  const km = await house.breakIn((database) => {
    database.exec("UPDATE records SET value = zeroblob(100) WHERE namespace = 'audit-sink'")
  })
  const lines = linesOf(auditFile)
  t.match(await km.auditHealth(), { sinks: [{ failure: 'MORTISE_BARRIER_INTEGRITY' }] })
  await work(house, 5)
  await km.close()
  t.strictSame(linesOf(auditFile), lines, 'nothing was delivered')
})

const disk = mountSmallDisk()
const skip = disk === undefined && 'a small disk cannot be mounted here: needs root and the right to mount'
t.test('a full disk of the file loses nothing and leaves no half line', { skip }, async (t) => {
  const [auditFile, ballast] = [join(disk as string, 'audit.jsonl'), join(disk as string, 'ballast')]
  writeFileSync(ballast, Buffer.alloc(1_500_000))
  const house = await KeyHouse.build(t, { auditFile })
  await work(house, 1500)
  await failing(house)
  t.match(await house.km.auditHealth(), { sinks: [{ failure: 'ENOSPC' }] })
  t.strictSame(read(linesOf(auditFile)).problems, [])
  rmSync(ballast)
  await settled(house)
  const { places, problems } = read(linesOf(auditFile))
  t.strictSame(problems, [])
  await isWhole(t, house, places)
})

t.test('processes that share a directory deliver each record once between them', async (t) => {
  const auditFile = join(t.testdir(), 'audit.jsonl')
  const house = await KeyHouse.build(t, { auditFile })
  const others = await Promise.all(
    [1, 2].map(() => Remote.process(t, house, { auditFile, checkpointSeconds: 0 })),
  )
  const tasks = others.flatMap((other) => Array.from({ length: 100 }, () => other.call('bob', 'random', 1)))
  await Promise.all([work(house, 200), ...tasks])
  for (const other of others) await other.close()
  await settled(house)
  const { places, problems } = read(linesOf(auditFile))
  t.strictSame(problems, [])
  await isWhole(t, house, places)
})

t.test('a process that is killed while it delivers loses nothing', async (t) => {
  const auditFile = join(t.testdir(), 'audit.jsonl')
  const house = await KeyHouse.build(t)
  for (let round = 0; round < 3; round++) {
    const size = linesOf(auditFile).length
    const other = await Remote.process(t, house, { auditFile, checkpointSeconds: 0 })
    const working = Array.from({ length: 4000 }, () => other.call('bob', 'random', 1).catch(() => undefined))
    await until(() => linesOf(auditFile).length > size + 100)
    await other.kill()
    await Promise.all(working)
  }
  await house.close()
  const km = await house.open({ auditFile })
  await until(async () => (await km.auditHealth()).sinks[0]?.waiting === 0)
  const { places, problems } = read(linesOf(auditFile))
  t.strictSame(problems, [], 'what is there twice is passed over')
  await isWhole(t, house, [...new Set(places)])
  await km.close()
})

/** The parts of a message of RFC 5424. */
const message =
  /^<(\d+)>1 (\d{4}-\d\d-\d\dT[\d:.]+Z) (\S+) mortise ([0-9a-f-]{36}) (\S+) \[origin software="mortise"\] (\{.*\})$/
const jsonOf = (messages: readonly string[]) => messages.map((text) => message.exec(text)?.[6] ?? text)

t.test('syslog over TCP has every record, also when the receiver goes away in the middle', async (t) => {
  const receiver = await Receiver.open(t)
  const auditSyslog = `tcp://127.0.0.1:${receiver.port}`
  const house = await KeyHouse.build(t, { auditSyslog })
  await work(house, 5)
  await settled(house)
  receiver.cutsNext = true
  t.equal(await outcome((await house.as('ann')).get('no such key')), 'MORTISE_KEY_NOT_FOUND')
  await failing(house)
  await settled(house)
  await receiver.close()
  await work(house, 5)
  await failing(house)
  t.match(await house.km.auditHealth(), {
    sinks: [{ kind: 'syslog', place: auditSyslog, failure: 'ECONNREFUSED' }],
  })
  const again = await Receiver.open(t, { port: receiver.port })
  await settled(house)
  const all = [...receiver.messages, ...again.messages]
  const { places, problems } = read(jsonOf(all))
  t.strictSame(problems, [])
  await isWhole(t, house, [...new Set(places)])
  t.ok(places.length > new Set(places).size, 'what was cut off came again')
  const failed = all
    .map((text) => message.exec(text))
    .find((parts) => parts?.[6]?.includes('"code":"MORTISE_KEY_NOT_FOUND"'))
  t.match(failed, { 1: '107', 5: 'Get' }, 'log audit, error; the operation')
  t.equal(message.exec(all[0] ?? '')?.[1], '110', 'log audit, informational')
})

t.test('syslog over TLS, to a receiver that proves who it is', async (t) => {
  const directory = t.testdir()
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')]
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=syslog', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ])
  const receiver = await Receiver.open(t, {
    tls: { key: readFileSync(key), cert: readFileSync(certificate) },
  })
  const auditSyslog = `tls://127.0.0.1:${receiver.port}`
  const house = await KeyHouse.build(t, { auditSyslog })
  await failing(house)
  t.match((await house.km.auditHealth()).sinks, [{ failure: /CERT|SIGNED/ }], 'who does not is sent nothing')
  t.strictSame(receiver.messages, [])
  await house.close()
  const km = await house.open({ auditSyslogAuthority: certificate })
  await work(house, 5, km)
  await until(async () => (await km.auditHealth()).sinks[0]?.waiting === 0)
  await isWhole(t, house, [...new Set(read(jsonOf(receiver.messages)).places)])
  await km.close()
})

t.test('syslog over UDP, which nobody knows to have arrived', async (t) => {
  const receiver = await openDatagramReceiver(t)
  const house = await KeyHouse.build(t, { auditSyslog: `udp://127.0.0.1:${receiver.port}` })
  await work(house, 5)
  await settled(house)
  await until(async () => receiver.messages.length >= (await expected(house)).length)
  t.strictSame(read(jsonOf(receiver.messages)).problems, [])
})

t.test('a receiver must be one', async (t: Test) => {
  for (const auditSyslog of [
    '',
    'syslog',
    'http://x',
    'tcp://',
    'tcp://x:99999',
    'tcp://x/y',
    'unix:/dev/log',
  ])
    t.equal(await outcome(KeyHouse.build(t, { auditSyslog })), 'MORTISE_CONFIG_INVALID', auditSyslog)
  const missing = { auditSyslog: 'tls://[::1]:6514', auditSyslogAuthority: join(t.testdir(), 'none') }
  t.equal(await outcome(KeyHouse.build(t, missing)), 'MORTISE_CONFIG_INVALID')
})
