import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { openKeyManager } from '../../lib/index.js'
import { buildOcspRequest, parseCertificate, parseCrl, parseOcspResponse } from '../../lib/x509/index.js'
import { openssl } from '../15-x509/openssl.js'
import { Served, temporary } from './house.js'

/** What curl writes: the head of the answer, and its body. */
function curl(...args: readonly string[]): { readonly head: string; readonly body: Buffer } {
  const { stdout, status } = spawnSync('curl', ['--silent', '--include', '--max-time', '60', ...args])
  if (status !== 0) throw new Error(`curl ends with ${status}`)
  const end = stdout.indexOf('\r\n\r\n')
  return { head: stdout.subarray(0, end).toString('latin1'), body: stdout.subarray(end + 4) }
}

/** How many certificates are on a CRL. */
function numbersOn(crl: Uint8Array): number | undefined {
  const { text } = openssl(['crl', '-inform', 'DER', '-in', 'crl', '-noout', '-text'], { crl })
  return text.match(/Serial Number/g)?.length
}

t.test(
  'Whoever checks certificates is told by Debian’s openssl and curl, whichever process has revoked',
  async (t) => {
    const directory = await temporary(t)
    const server = await Served.start(t, directory, [
      ...['--ca-port', '0', '--ca-public-url', 'http://pki.example.org/'],
      ...['--faces-pki', 'true'],
    ])
    const [, open = ''] = /CRLs and OCSP {4}(\S+)/.exec(server.said) ?? []
    // Another process on the same store.
    const km = await openKeyManager({ directory, scheduler: false, publicUrl: 'http://pki.example.org' })
    t.teardown(() => km.close())
    await km.ensurePrincipal({ name: 'olga', roles: ['ca-officer'] })
    const olga = await km.as('olga')
    await olga.createAuthority({ name: 'root', subject: 'CN=Root,O=Example' })
    const root = await olga.selfSign('root')
    const { request: below } = await olga.createAuthority({
      name: 'issuing',
      subject: 'CN=Issuing,O=Example',
    })
    const signed = await olga.certify('root', { profile: 'ca', request: below ?? '' })
    const authority = await olga.installCertificate('issuing', { certificate: signed.certificate ?? '' })
    const issue = async () => {
      const asked = { subject: 'CN=www.example.org', names: { dns: ['www.example.org'] } }
      const { request } = await olga.createCertificateRequest(asked)
      return olga.certify('issuing', { profile: 'server', request })
    }
    const leaf = await issue()
    const files = (certificate: string | null = leaf.certificate) => ({
      leaf: certificate ?? '',
      issuer: authority.certificate ?? '',
      root: root.certificate ?? '',
    })
    const { id } = authority

    await t.test('certificates say where', (t) => {
      const { text } = openssl(['x509', '-in', 'leaf', '-noout', '-text'], files())
      t.match(text, `URI:http://pki.example.org/crl/${id}.crl`)
      t.match(text, `OCSP - URI:http://pki.example.org/ocsp/${id}`)
      t.match(text, `CA Issuers - URI:http://pki.example.org/ca/${id}.cer`)
      t.end()
    })

    await t.test('the certificate of the authority', (t) => {
      for (const url of [server.url, open]) {
        const { head, body } = curl(`${url}/ca/${id}.cer`)
        t.match(head, /^HTTP\/1\.1 200 /)
        t.match(head, /\r\ncontent-type: application\/pkix-cert\r\n/i)
        t.same(body, Buffer.from(parseCertificate(authority.certificate ?? '').der))
      }
      for (const path of [
        '/ca/00000000-0000-7000-8000-000000000000.cer',
        `/ca/${leaf.id}.cer`,
        `/crl/${leaf.id}.crl`,
      ])
        t.match(curl(server.url + path).head, /^HTTP\/1\.1 404 /)
      t.match(curl(`${server.url}/ca/issuing.cer`).head, /^HTTP\/1\.1 400 /, 'by its id alone')
      t.end()
    })

    /** openssl's question about a certificate, and what it makes of the answer. */
    const ocsp = (certificate: string | null, ...args: readonly string[]) =>
      openssl(
        [
          ...['ocsp', '-issuer', 'issuer', '-cert', 'leaf', '-CAfile', 'root', '-verify_other', 'issuer'],
          ...['-url', `${open}/ocsp/${id}`, ...args],
        ],
        files(certificate),
      ).text

    await t.test('OCSP by POST', async (t) => {
      for (const args of [[], ['-no_nonce'], ['-sha256', '-cert', 'leaf']]) {
        const said = ocsp(leaf.certificate, ...args)
        t.match(said, /Response verify OK/)
        t.match(said, /leaf: good/)
        t.notMatch(said, /no nonce in response/i)
      }
      const held = await issue()
      t.match(ocsp(held.certificate, '-no_nonce'), /leaf: good/)
      await olga.revokeCertificate('issuing', held.id, 'certificateHold')
      t.match(ocsp(held.certificate, '-no_nonce'), /leaf: revoked\n.*Reason: certificateHold/s)
      await olga.resumeCertificate('issuing', held.id)
      t.match(ocsp(held.certificate, '-no_nonce'), /leaf: good/)
      await olga.revokeCertificate('issuing', held.id, 'superseded')
      t.match(ocsp(held.certificate, '-no_nonce'), /Reason: superseded/)
      t.match(ocsp(held.certificate), /Reason: superseded\n.*Response verify OK/s)
      t.match(ocsp(leaf.certificate, '-serial', '0x1234'), /0x1234: unknown/)
      t.match(ocsp(leaf.certificate, '-issuer', 'root', '-serial', '0x1'), /unauthorized/)
    })

    await t.test('OCSP by GET', async (t) => {
      const issuer = parseCertificate(authority.certificate ?? '')
      const { serial } = leaf
      const path = (nonce?: Uint8Array) =>
        buildOcspRequest([{ issuer, serialNumber: serial }], nonce).toString('base64')
      const get = (text: string, ...args: readonly string[]) =>
        curl('--path-as-is', `${server.url}/ocsp/${id}/${text}`, ...args)
      const first = get(encodeURIComponent(path()))
      t.match(first.head, /^HTTP\/1\.1 200 /)
      t.match(first.head, /content-type: application\/ocsp-response/i)
      t.match(first.head, /cache-control: public, max-age=\d{4,5}, no-transform, must-revalidate/i)
      t.match(parseOcspResponse(first.body).basic?.responses, [{ status: 'good' }])
      t.same(get(path()).body, first.body, 'percent-encoded or not, it is the same answer')
      const [, tag = ''] = /\r\netag: (\S+)/i.exec(first.head) ?? []
      t.match(get(path(), '--header', `If-None-Match: ${tag}`).head, /^HTTP\/1\.1 304 /)
      // Nonces until one has a slash and a plus in its text: both stand for themselves in a path.
      let nonce = randomBytes(32)
      while (!/\/.*\+|\+.*\//.test(path(nonce))) nonce = randomBytes(32)
      for (const text of [path(nonce), encodeURIComponent(path(nonce))]) {
        const own = get(text)
        t.match(own.head, /cache-control: no-store/i)
        t.same(parseOcspResponse(own.body).basic?.nonce, nonce)
      }
      await olga.revokeCertificate('issuing', leaf.id, 'keyCompromise')
      t.match(parseOcspResponse(get(path()).body).basic?.responses, [{ status: { reason: 'keyCompromise' } }])
    })

    await t.test('CRLs', async (t) => {
      await olga.createCrl('issuing')
      const get = () => curl(`${open}/crl/${id}.crl`)
      const { head, body } = get()
      t.equal(numbersOn(body), 2)
      t.match(head, /^HTTP\/1\.1 200 /)
      t.match(head, /\r\ncontent-type: application\/pkix-crl\r\n/i)
      t.match(head, /\r\ncache-control: public, max-age=\d+, /i)
      const crl = parseCrl(body)
      t.match(head, `last-modified: ${crl.thisUpdate.toUTCString()}`)
      t.match(head, `expires: ${crl.nextUpdate?.toUTCString()}`)
      const checked = openssl(['crl', '-inform', 'DER', '-in', 'crl', '-CAfile', 'issuer', '-noout'], {
        ...files(),
        crl: body,
      })
      t.match(checked.text, /verify OK/)
      const [, tag = ''] = /\r\netag: (\S+)/i.exec(head) ?? []
      const again = (header: string) => curl(`${open}/crl/${id}.crl`, '--header', header)
      t.match(again(`If-None-Match: "other", ${tag}`), { head: /^HTTP\/1\.1 304 /, body: Buffer.alloc(0) })
      t.match(again('If-None-Match: "other"').head, /^HTTP\/1\.1 200 /)
      t.match(again(`If-Modified-Since: ${crl.thisUpdate.toUTCString()}`).head, /^HTTP\/1\.1 304 /)
      t.match(again('If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT').head, /^HTTP\/1\.1 200 /)
      t.match(again('If-Modified-Since: nonsense').head, /^HTTP\/1\.1 200 /)
    })

    await t.test('whatever is wrong with a question has a status of OCSP', async (t) => {
      const issuer = parseCertificate(authority.certificate ?? '')
      const one = { issuer, serialNumber: leaf.serial }
      const good = buildOcspRequest([one])
      const post = async (body: Uint8Array, to = id) => {
        const answer = await fetch(`${open}/ocsp/${to}`, {
          method: 'POST',
          headers: { 'content-type': 'application/ocsp-request' },
          body: Uint8Array.from(body),
        })
        t.match(answer.headers.get('content-type'), 'application/ocsp-response')
        return parseOcspResponse(Buffer.from(await answer.arrayBuffer())).status
      }
      t.equal(await post(good), 'successful')
      for (const [what, body] of [
        ['nothing', Buffer.alloc(0)],
        ['garbage', randomBytes(500)],
        ['more than 16 KiB', Buffer.alloc(20_000)],
        ['a megabyte', Buffer.alloc(2 ** 20)],
        ['something behind it', Buffer.concat([good, Buffer.of(0)])],
        ['its beginning', good.subarray(0, 40)],
        ['1,000 certificates', buildOcspRequest(Array(1000).fill(one))],
        ['101 certificates', buildOcspRequest(Array(101).fill(one))],
        ['an empty nonce', buildOcspRequest([one], Buffer.alloc(0))],
        ['a nonce of 129 bytes', buildOcspRequest([one], Buffer.alloc(129))],
      ] as const)
        t.equal(await post(body), 'malformedRequest', what)
      t.equal(await post(buildOcspRequest([one], Buffer.alloc(128))), 'successful', 'a nonce of 128 bytes')
      t.equal(await post(buildOcspRequest([one], Buffer.alloc(1))), 'successful', 'a nonce of 1 byte')
      t.equal(await post(good, root.id), 'unauthorized')
      t.equal(await post(good, '00000000-0000-7000-8000-000000000000'), 'unauthorized')
      t.equal(await post(good, 'issuing'), 'malformedRequest')
      for (const text of [
        '%20',
        '!',
        good.toString('base64url'),
        `${good.toString('base64')}A`,
        'A'.repeat(9000),
      ]) {
        const { body } = curl('--path-as-is', `${open}/ocsp/${id}/${text}`)
        t.equal(parseOcspResponse(body).status, 'malformedRequest', text)
      }
      t.match(curl(`${open}/ocsp/${id}/%zz`).head, /^HTTP\/1\.1 400 /)
    })

    await t.test('the open listener serves nothing else, and nothing is said of who asks', async (t) => {
      for (const path of [
        '/',
        '/health',
        '/metrics',
        '/openapi.json',
        '/admin/v1/keys',
        '/crl/../admin/v1/keys',
      ])
        t.match(curl('--path-as-is', open + path).head, /^HTTP\/1\.1 404 /, path)
      t.match(curl(`${server.url}/metrics`).body.toString(), /"\/ocsp\/:authority"/)
      const trail = (await km.asHost().audit({ limit: 1000 })).records
      const done = (name: string) => trail.filter(({ operation }) => operation === name).length
      t.equal(done('RenewOCSPSigner'), 1)
      t.ok(
        done('OpenOCSPSigner') <= 2,
        'a signer is put to work once, or anew when this process has heard of it',
      )
    })
  },
)
