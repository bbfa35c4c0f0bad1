import { X509Certificate } from 'node:crypto'
import type { Test } from 'tap'
import type {
  AuthorityInfo,
  CertificateInfo,
  CreateAuthorityInput,
  CreateRequestInput,
  KeyManagerOptions,
  Session,
} from '../../lib/index.js'
import { openssl } from '../15-x509/openssl.js'
import { TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'

/** Olga makes authorities, issues and revokes; the time is the test's. */
export class CaHouse {
  readonly house: KeyHouse
  readonly clock: TestClock
  readonly olga: Session

  private constructor(house: KeyHouse, clock: TestClock, olga: Session) {
    this.house = house
    this.clock = clock
    this.olga = olga
  }

  static async build(t: Test, options: Partial<KeyManagerOptions> = {}): Promise<CaHouse> {
    const clock = new TestClock()
    const house = await KeyHouse.build(t, { clock, scheduler: false, ...options })
    await house.km.ensurePrincipal({ name: 'olga', roles: ['ca-officer'] })
    return new CaHouse(house, clock, await house.km.as('olga'))
  }

  /** A root that is active. */
  async root(name = 'root', input: Partial<CreateAuthorityInput> = {}): Promise<AuthorityInfo> {
    await this.olga.createAuthority({ name, subject: `CN=${name},O=Example`, ...input })
    return this.olga.selfSign(name)
  }

  /** One that another local authority has signed. */
  async below(
    parent: string,
    name: string,
    input: Partial<CreateAuthorityInput> = {},
    options: Partial<Parameters<Session['certify']>[1]> = {},
  ): Promise<AuthorityInfo> {
    const { request } = await this.olga.createAuthority({ name, subject: `CN=${name},O=Example`, ...input })
    const issued = await this.olga.certify(parent, { profile: 'ca', request: request ?? '', ...options })
    return this.olga.installCertificate(name, { certificate: issued.certificate ?? '', parent })
  }

  /** A key and its certificate. */
  async issue(
    authority: string,
    input: Partial<CreateRequestInput> = {},
    options: Partial<Parameters<Session['certify']>[1]> = {},
  ): Promise<CertificateInfo & { readonly privateKey: string }> {
    const asked = { subject: 'CN=www.example.org', names: { dns: ['www.example.org'] }, ...input }
    const { request, privateKey } = await this.olga.createCertificateRequest(asked)
    const issued = await this.olga.certify(authority, { profile: 'server', request, ...options })
    return { ...issued, privateKey }
  }

  /** What openssl says of a certificate at the time of the test. */
  verify(
    root: AuthorityInfo,
    certificate: string | null,
    more: {
      readonly chain?: readonly (string | null)[]
      readonly crls?: readonly Uint8Array[]
      readonly args?: readonly string[]
    } = {},
  ): { readonly ok: boolean; readonly text: string } {
    const { chain = [], crls = [], args = [] } = more
    const files = {
      'root.pem': root.certificate ?? '',
      'chain.pem': chain.join(''),
      'leaf.pem': certificate ?? '',
      ...Object.fromEntries(crls.map((der, at) => [`${at}.pem`, crlPem(der)])),
    }
    const time = String(Math.floor(this.clock.now() / 1000))
    return openssl(
      [
        ...['verify', '-x509_strict', '-attime', time, '-CAfile', 'root.pem'],
        ...(chain.length > 0 ? ['-untrusted', 'chain.pem'] : []),
        ...crls.flatMap((_, at) => ['-CRLfile', `${at}.pem`]),
        ...args,
        'leaf.pem',
      ],
      files,
    )
  }
}

export function crlPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN X509 CRL-----\n${lines.join('\n')}\n-----END X509 CRL-----\n`
}

export function read(pem: string | null): X509Certificate {
  return new X509Certificate(pem ?? '')
}
