// pkcs11js with a token, for as long as its parent asks: what shares a module with the pool has to be in another process.
// Arguments: module, label of the token, PIN, label of the key, ECDSA, RSA or GCM, lanes. One lane is the synchronous functions, more are
// sessions with the asynchronous ones.

import { randomBytes } from 'node:crypto'
import pkcs11js from 'pkcs11js'

const [module = '', tokenLabel = '', pin = '', keyLabel = '', what = '', lanes = '1'] = process.argv.slice(2)
const pkcs11 = new pkcs11js.PKCS11()
pkcs11.load(module)
pkcs11.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK })
const slot = pkcs11
  .C_GetSlotList(true)
  .find((one) => pkcs11.C_GetTokenInfo(one).label.trimEnd() === tokenLabel)
if (slot === undefined) throw new Error(`there is no token ${tokenLabel}`)
const sessions = Array.from({ length: Number(lanes) }, () =>
  pkcs11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION),
)
const [first = Buffer.alloc(0)] = sessions
pkcs11.C_Login(first, pkcs11js.CKU_USER, pin)
pkcs11.C_FindObjectsInit(first, [
  { type: pkcs11js.CKA_CLASS, value: what === 'GCM' ? pkcs11js.CKO_SECRET_KEY : pkcs11js.CKO_PRIVATE_KEY },
  { type: pkcs11js.CKA_LABEL, value: keyLabel },
])
const key = pkcs11.C_FindObjects(first)
pkcs11.C_FindObjectsFinal(first)
if (!key) throw new Error(`there is no key ${keyLabel}`)

const mechanism = { mechanism: what === 'RSA' ? pkcs11js.CKM_SHA256_RSA_PKCS : pkcs11js.CKM_ECDSA }
const data = Buffer.alloc(what === 'GCM' ? 1024 : 32)
const room = Buffer.alloc(1280)

function once(session: Buffer): Buffer {
  if (what !== 'GCM') {
    pkcs11.C_SignInit(session, mechanism, key as Buffer)
    return pkcs11.C_Sign(session, data, room)
  }
  const parameter = {
    ...{ type: pkcs11js.CK_PARAMS_AES_GCM_v240, iv: randomBytes(12), aad: Buffer.alloc(0) },
    ...{ ivBits: 96, tagBits: 128 },
  }
  pkcs11.C_EncryptInit(session, { mechanism: pkcs11js.CKM_AES_GCM, parameter }, key as Buffer)
  return pkcs11.C_Encrypt(session, data, room)
}

async function inLane(session: Buffer, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    pkcs11.C_SignInit(session, mechanism, key as Buffer)
    await pkcs11.C_SignAsync(session, data, Buffer.alloc(512))
  }
}

process.on('message', (count: number) => {
  void answer(count).then(() => process.send?.(count))
})
process.on('disconnect', () => process.exit())
process.send?.(0)

async function answer(count: number): Promise<void> {
  if (sessions.length === 1) for (let i = 0; i < count; i++) once(first)
  else await Promise.all(sessions.map((session) => inLane(session, count / sessions.length)))
}
