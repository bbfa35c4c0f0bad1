/** What OpenSPP is given by `mortise keymanager init` works in its requests as it is. */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Mosip } from '../support/mosip.js'
import { json, mortise, Served, temporary } from './house.js'

t.test('the form of OpenSPP', async (t) => {
  const directory = await temporary(t)
  const flags = ['--faces-keymanager', 'true', '--faces-oauth', 'true']
  const init = ['keymanager', 'init', '--directory', directory, '--json']
  const ran = await mortise(init)
  t.match(ran.stderr, '--faces-oauth true', 'what the configuration does not switch on')
  const before = json(ran)
  const server = await Served.start(t, directory, flags)
  const form = json(await mortise(init))
  t.same(Object.keys(form).length, 9)
  t.not(form.keymanager_auth_client_secret, before.keymanager_auth_client_secret)
  // The port is one of the test's.
  const at = (url: string) => url.replace('http://127.0.0.1:9998', server.url)

  const login = (secret: string) =>
    fetch(at(form.keymanager_auth_url), {
      method: 'POST',
      body: new URLSearchParams({
        client_id: form.keymanager_auth_client_id,
        client_secret: secret,
        grant_type: form.keymanager_auth_grant_type,
      }),
    })
  t.equal((await login(before.keymanager_auth_client_secret)).status, 401)
  const answer = await login(form.keymanager_auth_client_secret)
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  t.ok(Number.isInteger(claims.exp))
  t.match(claims.realm_access.roles, ['KEYMANAGER_ADMIN'])

  const timeStamp = new Date().toISOString()
  const headers = { cookie: `Authorization=${token}`, 'content-type': 'application/json' }
  // biome-ignore lint/suspicious/noExplicitAny: what is expected of it stands below
  const ask = async (path: string, request?: object): Promise<any> => {
    const wrapped = { id: 'string', version: 'string', requesttime: timeStamp, metadata: {}, request }
    const answer = await fetch(`${at(form.keymanager_api_base_url)}/${path}`, {
      headers,
      ...(request && { method: 'POST', body: JSON.stringify(wrapped) }),
    })
    return ((await answer.json()) as { response: unknown }).response
  }
  const random = () => randomBytes(32).toString('base64url')
  const encryption = {
    applicationId: form.keymanager_encrypt_application_id,
    referenceId: form.keymanager_encrypt_reference_id,
    ...{ timeStamp, salt: random(), aad: random() },
  }
  const record = Buffer.from('{"phone": "1"}').toString('base64url')
  const { data } = await ask('encrypt', { ...encryption, data: record })
  t.same(await ask('decrypt', { ...encryption, data }), { data: record })
  const signing = {
    applicationId: form.keymanager_sign_application_id,
    referenceId: form.keymanager_sign_reference_id,
  }
  const flagsOfSigning = { includePayload: true, includeCertificate: false, includeCertHash: false }
  const { jwtSignedData } = await ask('jwtSign', { dataToSign: record, ...signing, ...flagsOfSigning })
  const asked = { jwtSignatureData: jwtSignedData, ...signing, validateTrust: false }
  t.match(await ask('jwtVerify', asked), { signatureValid: true })
  for (const { applicationId } of [encryption, signing]) {
    const { allCertificates } = await ask(`getAllCertificates?applicationId=${applicationId}`)
    t.match(allCertificates, [{ certificateData: /^-----BEGIN CERTIFICATE/, keyId: /^[\w-]{43}$/ }])
  }
})

t.test('An application is made by its policy', async (t) => {
  const directory = await temporary(t)
  const made = await mortise([
    'keymanager',
    'policy',
    'OURS',
    '--days',
    '10',
    '--pre-expire-days',
    '1',
    '--directory',
    directory,
    '--json',
  ])
  t.same(json(made), { application: 'OURS', days: 10, preExpireDays: 1 })
  const refused = await mortise([
    'keymanager',
    'policy',
    'OURS',
    '--days',
    '10',
    '--pre-expire-days',
    '10',
    '--directory',
    directory,
  ])
  t.match(refused, { code: 1, stderr: /MORTISE_INPUT_INVALID/ })
})

t.test('A MOSIP Keymanager moves in', async (t) => {
  const directory = await temporary(t)
  const mosip = new Mosip()
  const root = mosip.add('ROOT', '')
  const { kid } = mosip.add('ID_REPO', '', { parent: root })
  const [dump, keystore] = [join(directory, 'dump.sql'), join(directory, 'keystore.p12')]
  const missing = ['7', 'PMS', '', null, null, null, 'x', null, null] as string[]
  await writeFile(dump, mosip.dump('copy', [missing]))
  await writeFile(keystore, mosip.keystore('secret'))
  const move = (password: string, ...more: string[]) =>
    mortise(
      ['keymanager', 'import', dump, '--keystore', keystore, '--directory', join(directory, 'keys'), ...more],
      { input: `${password}\n` },
    )
  t.match(await move('wrong'), { code: 1, stderr: /MORTISE_CRYPTO_DECRYPTION_FAILED/ })
  const ran = await move('secret', '--json')
  t.equal(ran.code, 1, 'for what is not moved')
  t.match(JSON.parse(ran.stdout.toString()), {
    moved: [{ application: 'ROOT' }, { application: 'ID_REPO', keyId: kid }],
    notMoved: [{ row: 'key_alias 7 (PMS/)', why: String }],
  })
  t.match(
    (await move('secret')).stdout.toString(),
    /0 keys moved, 2 moved before, 0 policies, 1 rows not moved/,
  )
})
