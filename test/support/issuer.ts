import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import Provider from 'oidc-provider'
import type { Test } from 'tap'

export const signingAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface Asked {
  readonly alg?: SigningAlgorithm
  readonly claims?: Readonly<Record<string, unknown>>
  /** Of the access token. Default `mortise`. */
  readonly audience?: string
}

const seconds = 3600

/** oidc-provider on a port of its own, which makes tokens for whomever a test says, and counts what it is asked. */
export class Issuer {
  readonly server: Server
  /** Answers of a test's own, by path. */
  readonly answers = new Map<string, RequestListener>()
  /** How often each path was asked for. */
  readonly asked = new Map<string, number>()
  keys: Readonly<Record<SigningAlgorithm, SigningKey>>
  #provider: RequestListener = () => undefined
  #port = 0

  private constructor() {
    this.keys = newKeys()
    this.server = createServer((request, response) => {
      const path = (request.url ?? '').split('?', 1)[0] as string
      this.asked.set(path, (this.asked.get(path) ?? 0) + 1)
      const answer = this.answers.get(path) ?? this.#provider
      answer(request, response)
    })
  }

  static async start(t: Test): Promise<Issuer> {
    const issuer = new Issuer()
    await issuer.up()
    t.teardown(() => issuer.down())
    return issuer
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** How often its keys were asked for. */
  get fetches(): number {
    return this.asked.get('/jwks') ?? 0
  }

  /** At the same address as before. */
  async up(): Promise<void> {
    this.server.listen(this.#port, '127.0.0.1')
    await once(this.server, 'listening')
    this.#port = (this.server.address() as AddressInfo).port
    this.#provide()
  }

  async down(): Promise<void> {
    if (!this.server.listening) return
    this.server.close()
    this.server.closeAllConnections()
    await once(this.server, 'close')
  }

  /** Other keys, without notice; tokens of the old ones are not those of this issuer any more. */
  rotate(): void {
    this.keys = newKeys()
    this.#provide()
  }

  /** Tokens for somebody, made by the provider: an access token for `audience` (RFC 9068), an identity token for the client. */
  async tokens({ alg = 'RS256', claims = {}, audience = 'mortise' }: Asked = {}): Promise<{
    access: string
    identity: string
  }> {
    const response = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`app-${alg}:secret`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'somebody',
        claims: JSON.stringify({ sub: 'subject-1', email: 'ann@example.org', ...claims }),
        alg,
        audience,
      }),
    })
    const answer = (await response.json()) as { access_token: string; id_token: string }
    if (!response.ok) throw new Error(JSON.stringify(answer))
    return { access: answer.access_token, identity: answer.id_token }
  }

  async token(asked: Asked = {}): Promise<string> {
    return (await this.tokens(asked)).access
  }

  /** A token that the provider would not make, with a key that it does have. */
  forge(claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    const { alg = 'RS256' } = header
    const { kid, privateKey } = this.keys[alg as SigningAlgorithm]
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({
      iss: this.url,
      sub: 'subject-1',
      email: 'ann@example.org',
      aud: 'mortise',
      iat: now,
      exp: now + seconds,
      ...claims,
    })
      .setProtectedHeader({ kid, ...header, alg })
      .sign(privateKey)
  }

  #provide(): void {
    const provider = new Provider(this.url, {
      jwks: {
        keys: signingAlgorithms.map((alg) => {
          const { kid, privateKey } = this.keys[alg]
          return { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
        }),
      },
      clients: signingAlgorithms.map((alg) => ({
        client_id: `app-${alg}`,
        client_secret: 'secret',
        grant_types: ['somebody'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: alg,
      })),
      enabledJWA: { idTokenSigningAlgValues: [...signingAlgorithms] },
      cookies: { keys: ['of no consequence'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
      extraTokenClaims: ({ oidc }: { oidc: { params: Record<string, string> } }) =>
        JSON.parse(oidc.params['claims'] as string),
      ttl: { AccessToken: seconds, IdToken: seconds },
    })
    provider.registerGrantType(
      'somebody',
      async (ctx) => {
        const { client, params } = ctx.oidc
        const claims = JSON.parse(params['claims'] as string)
        const access = new provider.AccessToken({
          accountId: claims.sub,
          client,
          grantId: randomUUID(),
          gty: 'somebody',
        })
        access.resourceServer = new provider.ResourceServer(`urn:${params['audience']}`, {
          audience: params['audience'],
          scope: '',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: params['alg'] } },
        })
        const identity = new provider.IdToken({}, { ctx })
        for (const [name, value] of Object.entries(claims)) identity.set(name, value)
        ctx.body = {
          access_token: await access.save(),
          id_token: await identity.issue({ use: 'idtoken' }),
          token_type: 'Bearer',
        }
      },
      ['claims', 'alg', 'audience'],
    )
    this.#provider = provider.callback()
  }
}

function newKeys(): Record<SigningAlgorithm, SigningKey> {
  const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pairs = {
    RS256: rsa(),
    PS256: rsa(),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  }
  return Object.fromEntries(
    signingAlgorithms.map((alg) => [alg, { ...pairs[alg], kid: `${alg}-${randomUUID()}` }]),
  ) as Record<SigningAlgorithm, SigningKey>
}
