/** The sequence of an automation platform that looks after authorities, by its own client on Python's requests library. */
import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { Ciphertrust, PythonClient, withPython } from './ciphertrust.js'

t.test('A root, a certificate that comes and goes, and an authority below', withPython, async (t) => {
  const ct = await Ciphertrust.open(t)
  const client = await PythonClient.start(t, ct)
  const done = async (command: string, args: object) => {
    const { result, error } = await client.run(command, args)
    if (error !== undefined) throw new Error(`${command}: ${error}`)
    return result
  }
  const name = 'playbook root: 1'
  const made = await done('local_ca_create', {
    ...{ cn: 'Playbook', name, algorithm: 'RSA', size: 2048, dns_names: ['ca.example.org'] },
    name_fields: [{ C: 'US', ST: 'TX', L: 'Austin', O: 'Example', OU: 'Keys' }, { OU: 'Lab' }],
  })
  t.match(made, { raw: { state: 'pending' }, files: { csr: /CERTIFICATE REQUEST/ } })
  t.match(await done('local_ca_list', { state: 'pending' }), {
    rows: [{ name, notBefore: /^01 Jan 0*1, 00:00$/, client_authentication: null }],
  })
  await done('local_ca_update', { local_ca_id: name, allow_client_authentication: true })
  await done('local_ca_update', { local_ca_id: name })
  const root = await done('local_ca_self_sign', {
    ...{ local_ca_id: name, not_after: '2035-06-01T00:00:00.000000Z', duration: 365 },
  })
  t.match(root, {
    raw: { state: 'active', notAfter: '2035-06-01T00:00:00.000Z', id: made.raw.id },
    files: { cert: /^-----BEGIN CERTIFICATE-----/ },
  })
  t.match(await done('local_ca_list', { local_ca_id: root.raw.uri, chained: true }), {
    rows: [{ client_authentication: 'Enabled', user_authentication: 'Disabled', state: 'active' }],
  })

  const { csr, key } = await done('csr_generate', { cn: 'server.example.org', password: 'words' })
  t.match(key, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  const certificate = await done('certificate_issue', {
    ...{ ca_id: name, csr: csr.replaceAll('\n', '\\n'), purpose: 'server', name: 'server' },
  })
  t.ok(new X509Certificate(certificate.files.cert).verify(new X509Certificate(root.files.cert).publicKey))
  const which = { ca_id: name, cert_id: certificate.raw.id }
  t.match(await done('certificate_list', { ca_id: name }), {
    raw: { total: 1, resources: [{ name: 'server' }] },
  })
  t.match(await done('certificate_revoke', { ...which, reason: 'certificateHold' }), {
    state: 'revoked',
    revoked_reason: 'certificateHold',
  })
  t.match(await done('certificate_resume', which), { state: 'active', revoked_at: '0001-01-01T00:00:00Z' })
  t.equal(await done('local_certificate_delete', which), null)

  const below = await done('local_ca_create', { cn: 'Below', name: 'below', copy_from_ca: name })
  t.equal(below.raw.subject, '/C=US/ST=TX/L=Austin/O=Example/OU=Keys/OU=Lab/CN=Below')
  const signed = await done('certificate_issue', { ca_id: root.raw.id, csr: below.files.csr, purpose: 'ca' })
  t.match(
    await done('local_ca_install', { local_ca_id: 'below', cert: signed.files.cert, parent_id: root.raw.id }),
    { state: 'active', parent: root.raw.uri },
  )
  const { files } = await done('local_ca_list', { local_ca_id: 'below', chained: true })
  t.equal(files.cert.match(/BEGIN CERTIFICATE/g).length, 2)

  t.match(await done('external_ca_upload', { cert: root.files.cert, name: 'outside' }), { name: 'outside' })
  t.match(await done('external_ca_update', { external_ca_id: 'outside', allow_user_authentication: true }), {
    purpose: { user_authentication: 'Enabled' },
  })
  t.match(await done('external_ca_list', {}), { rows: [{ name: 'outside', user_authentication: 'Enabled' }] })
  t.match(await done('external_ca_list', { external_ca_id: 'outside' }), { raw: { name: 'outside' } })
  t.equal(await done('external_ca_delete', { external_ca_id: 'outside' }), null)
  for (const id of [name, 'below']) t.equal(await done('local_ca_delete', { local_ca_id: id }), null)
  t.match(await client.run('local_ca_list', { local_ca_id: name }), {
    error: /\[404\].*NCERRResourceNotFound/s,
  })
})
