import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { make, makeAuthority, type Request } from '../15-x509/authority.js'
import { commonName } from '../15-x509/der.js'
import { pem, shown } from '../support/tls_clients.js'
import { mortise, Served, temporary } from './house.js'

/** Valid now, whenever that is. */
const always: Request = { notBefore: '20200101000000Z', notAfter: '20990101000000Z' }

/** Files with a key and a certificate. */
async function files(t: Test, { cert, key }: ReturnType<typeof shown>) {
  const folder = await temporary(t)
  const [certificate, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  await writeFile(certificate, cert)
  await writeFile(keyFile, key)
  return { certificate, key: keyFile }
}

t.test('Certificates instead of tokens', async (t) => {
  const own = await files(t, shown(make({ subject: commonName('localhost'), ...always })))
  const directory = await temporary(t)
  const tls = ['--tls-certificate', own.certificate, '--tls-key', own.key]
  const server = await Served.start(t, directory, [...tls, '--tls-client-certificates', 'true'])
  const root = makeAuthority('clients', always)
  const run = (...args: string[]) => mortise([...args, '--directory', directory])
  const settings = ['--setting', `authorities=${pem(root.der)}`]
  t.match(await run('connection', 'create', 'clients', '--kind', 'certificate', ...settings), { code: 0 })
  t.match(await run('connection', 'test', 'clients'), {
    code: 0,
    stdout: /authority +yes +CN=clients, valid/,
  })
  const user = ['user', 'create', 'billing', '--certificate-subject', 'CN=Billing']
  t.match(await run(...user), { code: 0 })
  const client = await files(t, shown(make({ subject: commonName('billing'), issuer: root, ...always })))
  const curl = async (path: string, ...args: string[]) => {
    const { stdout } = await promisify(execFile)('curl', [
      '--silent',
      '--insecure',
      ...args,
      server.url + path,
    ])
    return JSON.parse(stdout)
  }
  const withCertificate = ['--cert', client.certificate, '--key', client.key]
  t.match(await curl('/admin/v1/me', ...withCertificate), { name: 'billing' })
  t.match(await curl('/admin/v1/me'), { code: 'MORTISE_AUTH_REQUIRED' })
  t.match(await curl('/health'), { status: 'UP' }, 'nobody needs one who needs no token')
  const post = ['--json', '{}', ...withCertificate]
  const { token } = await curl('/admin/v1/login/certificate', ...post)
  const bearer = ['--header', `authorization: Bearer ${token}`]
  t.match(await curl('/admin/v1/me', ...bearer, ...withCertificate), { name: 'billing' })
  t.match(await curl('/admin/v1/me', ...bearer), { code: 'MORTISE_AUTH_REQUIRED' })
})

t.test('What cannot be', async (t) => {
  const own = await files(t, shown(make({ subject: commonName('localhost'), ...always })))
  const serve = (...args: string[]) =>
    mortise(['serve', '--directory', '/nowhere', '--tls-client-certificates', 'true', ...args])
  const tls = ['--tls-certificate', own.certificate, '--tls-key', own.key]
  const proxied = await serve(...tls, '--http-trusted-proxies', '127.0.0.1')
  t.match(proxied, { code: 1, stderr: /is that of a proxy.*MORTISE_SERVER_REFUSED/ })
})
