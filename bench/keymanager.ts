import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, publicEncrypt, randomBytes, sign, subtle, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { openKeyManager } from '../lib/index.js'
import { type Contender, type Contest, Load, type Server, type Suite, withScratch } from './harness/index.js'
import { mortiseServer } from './mortise_server.js'

/** As many callers as in MOSIP's report. */
const connections = 50
/** Requests a second of one CPU: MOSIP 1.2.0 performance report, keymanager, 50 concurrent callers. */
const published = { encrypt: 292.7, decrypt: 143.5, jwtSign: 155.1, jwtVerify: 439.6 }

const name = { application: 'REGISTRATION', reference: 'ENCRYPT' }
const signer = { application: 'ID_REPO', reference: '' }

/**
 * What OpenSPP asks of MOSIP's Keymanager, in requests a second of CPU that the server uses: against the RSA operation alone, and what
 * MOSIP has published of itself.
 */
export const keymanager: Suite = {
  name: 'keymanager',
  run: (contest) =>
    withScratch(async (directory) => {
      const server = await mortiseServer(directory, (port) => [
        '--http-port',
        port,
        '--faces-keymanager',
        'true',
      ])
      try {
        for await (const one of contests(server, await prepare(directory))) await contest(one)
      } finally {
        await server.stop()
      }
    }),
}

/** ROOT, two applications, and somebody who may use them. @returns a token of theirs */
async function prepare(directory: string): Promise<string> {
  const km = await openKeyManager({ directory, memoryLock: 'preferred', scheduler: false })
  try {
    const admin = await km.as('admin')
    const { id } = await km.ensurePrincipal({ name: 'openspp', kind: 'service' })
    await admin.keymanager.createRoot()
    await admin.keymanager.admit({ application: 'ROOT', reference: '' }, { principal: id })
    const caller = await km.as(id)
    for (const { application } of [name, signer])
      await caller.keymanager.makeKey({ application, reference: '' })
    await caller.keymanager.key(name)
    return (await caller.createToken()).text
  } finally {
    await km.close()
  }
}

/** One after the other, for a connection that nothing is sent on is closed. */
async function* contests(server: Server, token: string): AsyncGenerator<Contest> {
  const headers = { 'content-type': 'application/json', cookie: `Authorization=${token}` }
  const timeStamp = new Date().toISOString()
  const rsa = await alone()
  const load = async (
    row: keyof typeof published,
    request: object,
    isRight: (response: Answer) => boolean,
  ) => {
    const body = { id: 'string', version: 'string', requesttime: timeStamp, metadata: {}, request }
    const url = new URL(`/v1/keymanager/${row}`, server.origin)
    const ours = await Load.open(url, headers, JSON.stringify(body), connections)
    const response: Answer = JSON.parse(await ours.send()).response
    const contest: Contest = {
      ...{ name: row, unit: 'requests/CPU s', peer: rsa[row] },
      ours: { work: ours.work, lanes: ours.lanes, used: server.used },
      peerName: `the RSA operation alone, node:crypto; ${connections} connections`,
      limit: published[row],
      limitName: 'what MOSIP publishes of itself on one CPU',
      check: () => assert.ok(isRight(response)),
    }
    return { contest, response }
  }
  const record = randomBytes(500).toString('base64url')
  const fields = {
    ...{ applicationId: name.application, referenceId: name.reference, timeStamp },
    ...{ salt: randomBytes(32).toString('base64url'), aad: randomBytes(32).toString('base64url') },
  }
  const encrypt = await load('encrypt', { ...fields, data: record }, ({ data = '' }) => data.length > 800)
  yield encrypt.contest
  const sealed = { ...fields, data: encrypt.response.data }
  yield (await load('decrypt', sealed, ({ data }) => data === record)).contest
  const signing = { applicationId: signer.application, referenceId: signer.reference }
  const dataToSign = Buffer.from(JSON.stringify({ record })).toString('base64url')
  const asked = { ...signing, dataToSign, includePayload: true }
  const jwtSign = await load('jwtSign', asked, ({ jwtSignedData = '' }) => jwtSignedData.includes(dataToSign))
  yield jwtSign.contest
  const { jwtSignedData: jwtSignatureData } = jwtSign.response
  const verifying = { ...signing, jwtSignatureData, validateTrust: false }
  yield (await load('jwtVerify', verifying, ({ signatureValid }) => signatureValid === true)).contest
}

interface Answer {
  readonly data?: string
  readonly jwtSignedData?: string
  readonly signatureValid?: boolean
}

/**
 * What the arithmetic takes by itself: a key of 2,048 bits, as the server has it. With the private key on the threads of the pool and as many
 * calls at a time, so that both have the machine in the same way.
 */
async function alone(): Promise<Record<keyof typeof published, Contender>> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  const message = randomBytes(700)
  const sealed = publicEncrypt({ key: publicKey, ...oaep }, randomBytes(32))
  const signature = sign('sha256', message, privateKey)
  const der = privateKey.export({ type: 'pkcs8', format: 'der' })
  const opener = await subtle.importKey('pkcs8', der, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, [
    'decrypt',
  ])
  const signAsync = promisify(sign)
  return {
    encrypt: contender(() => publicEncrypt({ key: publicKey, ...oaep }, message.subarray(0, 32)), 1),
    decrypt: contender(() => subtle.decrypt('RSA-OAEP', opener, sealed), connections),
    jwtSign: contender(() => signAsync('sha256', message, privateKey), connections),
    jwtVerify: contender(() => verify('sha256', message, publicKey, signature), 1),
  }
}

function contender(work: () => unknown, lanes: number): Contender {
  return {
    lanes,
    used() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
    async work() {
      await work()
      return 1
    },
  }
}
