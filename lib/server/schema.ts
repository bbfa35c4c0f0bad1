/** What an entry says of itself: JSON Schema, as far as the configuration needs it. */
interface Field {
  readonly type: 'string' | 'integer' | 'boolean' | 'array'
  readonly description: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  /** What is between the texts of a list in one text. Default a comma. */
  readonly separator?: string
  /** Another name of the variable, of a server that this one takes the place of. */
  readonly alias?: string
  /** Never printed; not taken from a flag, which others on the machine could read. */
  readonly secret?: true
}

/** With the type of its values, which is there for the compiler alone. */
interface Typed<Value> extends Field {
  readonly value?: Value
}

type Options = Pick<Field, 'description' | 'secret' | 'separator' | 'alias'>

const text = (options: Options & { readonly default: string }): Typed<string> => ({
  type: 'string',
  ...options,
})
const optionalText = (options: Options): Typed<string | undefined> => ({ type: 'string', ...options })
const whole = (options: Options & { minimum: number; maximum: number; default: number }): Typed<number> => ({
  type: 'integer',
  ...options,
})
const optionalWhole = (
  options: Options & { minimum: number; maximum: number },
): Typed<number | undefined> => ({ type: 'integer', ...options })
const either = <T extends string>(
  choices: readonly T[],
  options: Options & { readonly default: T },
): Typed<T> => ({ type: 'string', enum: choices, ...options })
const yesOrNo = (options: Options & { readonly default: boolean }): Typed<boolean> => ({
  type: 'boolean',
  ...options,
})
const list = (options: Options): Typed<string[]> => ({ type: 'array', default: [], ...options })

/**
 * The one schema of the configuration: it validates, and the flags, the environment's names, --help, `mortise config` and
 * docs/configuration.md derive from it. An entry `http.port` is the flag --http-port and the variable MORTISE_HTTP_PORT.
 * Plain objects, since every command waits for them: a library of schemas takes longer to load than all the rest.
 */
const schema = {
  directory: text({ default: './mortise-data', description: 'Data directory, made when it is not there' }),
  http: {
    host: text({ default: '127.0.0.1', description: 'Address to listen on' }),
    port: whole({
      minimum: 0,
      maximum: 65_535,
      default: 9998,
      description: 'Port to listen on; 0 for a free one',
    }),
    trustedProxies: list({
      description:
        'Addresses or networks of the proxies before this server: their forwarded headers are believed, and plain HTTP beyond loopback is served',
    }),
  },
  tls: {
    certificate: optionalText({
      description: 'File with the certificate chain (PEM): serves HTTPS, TLS 1.2 or later',
    }),
    key: optionalText({ description: 'File with its private key (PEM)' }),
    own: yesOrNo({
      default: false,
      description:
        'Whether to serve HTTPS with a certificate of the built-in authority also where plain HTTP would do, on loopback and behind proxies; elsewhere it does so wherever tls.certificate is not set',
    }),
    names: list({
      description:
        'DNS names and addresses that clients know the server by, for that certificate: beside localhost, http.host and the name of the machine',
    }),
    clientCertificates: yesOrNo({
      default: false,
      description:
        'Whether TLS clients are asked for a certificate: connections of the kind certificate say whose it is',
    }),
  },
  rootKey: {
    path: optionalText({
      description: 'File of the root key, made when the store is new. Default root-key in the data directory',
    }),
    hex: optionalText({ secret: true, description: 'The root key itself as 64 hexadecimal digits' }),
    passphrase: optionalText({
      secret: true,
      description: 'A passphrase of 12 characters or more that the root key is derived from',
    }),
    hsm: optionalText({
      description:
        'pkcs11:token=LABEL;object=KEY: an AES key on a token of hsm.tokens that wraps the root key, made when the store is new (docs/hsm.md)',
    }),
    graceSeconds: whole({
      minimum: 0,
      maximum: 86_400,
      default: 300,
      description:
        'Seconds that everything goes on with what is in memory where the token with the root key does not answer; then everything is refused until it does',
    }),
  },
  hsm: {
    tokens: list({
      separator: ' ',
      description:
        'NAME=pkcs11:token=LABEL?module-path=PATH&pin-source=file:PATH: a token that keys may live on, by its URI (RFC 7512); several with spaces between them (docs/hsm.md)',
    }),
    keys: text({
      default: 'software',
      description: 'Where keys are made of which nobody says it: the name of a token, or software',
    }),
    auditKey: text({
      default: 'software',
      description:
        'Where the key is made that signs checkpoints of the audit trail, with the first of them: the name of a token with Ed25519, or software',
    }),
  },
  backup: {
    passphrase: optionalText({
      secret: true,
      description:
        'Passphrase of 12 characters or more that backups are sealed with. Default typed when asked for',
    }),
  },
  admin: {
    password: optionalText({
      secret: true,
      description: 'Password of the principal admin at the first start. Default random, in admin-password',
    }),
  },
  jwt: {
    authProvider: list({
      separator: ';',
      alias: 'KMS_JWT_AUTH_PROVIDER',
      description:
        'ISSUER[,JWKS[,AUDIENCE...]]: an OpenID Connect issuer whose JWTs let people in, by their e-mail addresses; several with ; between them (docs/connections.md)',
    }),
    maximumBytes: whole({
      minimum: 1024,
      maximum: 65_536,
      default: 8192,
      description: 'Bytes of the longest JWT that is looked at',
    }),
  },
  login: either(['token', 'none'], {
    default: 'token',
    description: 'none, for development: everybody is admin; on loopback only',
  }),
  passkeys: {
    rpId: optionalText({
      description:
        'Domain that passkeys are for (the WebAuthn relying party id): that of the pages that ask for them, or one above. Passkeys are lost when it changes. Default there are none',
    }),
    origins: list({
      description: 'Origins of those pages, https://HOST[:PORT]. Default https:// and the domain',
    }),
  },
  policy: either(['approved', 'compatible'], {
    default: 'approved',
    description:
      'What may be used: what SP 800-131A approves, or also what old clients need; mortise policy prints both',
  }),
  faces: {
    admin: yesOrNo({ default: true, description: 'Whether /admin/v1 is served' }),
    ciphertrust: yesOrNo({
      default: false,
      description: 'Whether /api/v1 is served, for clients of CipherTrust Manager',
    }),
    cosmian: yesOrNo({
      default: false,
      description:
        'Whether /access and /v1/crypto are served, for clients of Cosmian KMS; their JSON over POST /kmip/2_1 comes with faces.kmip',
    }),
    keymanager: yesOrNo({
      default: false,
      description: 'Whether MOSIP’s Keymanager is served, for OpenSPP and OpenG2P (docs/keymanager.md)',
    }),
    keyservice: yesOrNo({
      default: false,
      description:
        'Whether /init, /connect and /key are served: the keyservice, which keeps a secret for each user of real services (docs/keyservice.md)',
    }),
    kmip: yesOrNo({ default: false, description: 'Whether POST /kmip is served: KMIP over HTTP' }),
    oauth: yesOrNo({
      default: false,
      description:
        'Whether /realms/REALM and /oauth2 are served: OAuth clients are registered and get access tokens there, and everybody the keys that verify them (docs/oauth.md)',
    }),
    pki: yesOrNo({
      default: false,
      description:
        'Whether CRLs, OCSP and the certificates of authorities are served to everybody: /crl, /ocsp and /ca',
    }),
  },
  ca: {
    publicUrl: optionalText({
      description:
        'Address at which clients find /crl, /ocsp and /ca, which goes into the certificates that are issued: http://pki.example.org. Default they name none',
    }),
    host: text({ default: '127.0.0.1', description: 'Address of the listener of ca.port' }),
    port: optionalWhole({
      minimum: 0,
      maximum: 65_535,
      description:
        'Port of another listener, of plain HTTP, that serves /crl, /ocsp and /ca and nothing else; 0 for a free one. Default there is none',
    }),
  },
  oauth: {
    realm: text({ default: 'mortise', description: 'The REALM in /realms/REALM: letters, digits, - and _' }),
    passwordGrant: yesOrNo({
      default: false,
      description: 'Whether OAuth clients that are registered for it get tokens by the passwords of users',
    }),
    url: optionalText({
      description:
        'Address at which clients reach this server, which goes into their access tokens as a part of iss: https://km.example.org. Default that of http.host and http.port',
    }),
    backendJwt: yesOrNo({
      default: true,
      description:
        'Whether gateways that ask about a call (validate-key) are given a JWT for the backend, which says who calls',
    }),
    claimDialect: text({
      default: 'http://wso2.org/claims',
      description: 'What stands before the names of its claims; / for nothing',
    }),
    wso2Compat: yesOrNo({
      default: false,
      description:
        'Whether its header has x5t as WSO2 writes it, of the certificate that /api/km/v1/certificate has (docs/gateways.md)',
    }),
  },
  keymanager: {
    prefix: text({
      default: '/v1/keymanager',
      description: 'Path that the calls of MOSIP’s Keymanager are below',
    }),
    anyPayload: list({
      description:
        'Applications whose jwtSign signs what is no JSON too, as the credentials of OpenG2P are. Default none',
    }),
    baseKeys: text({
      default: 'software',
      description:
        'Where the keys of references are made, which are used for every record: the name of a token, or software',
    }),
    zkPartners: list({
      description:
        'Keys that get the random keys of zkEncrypt, and that zkReEncryptRandomKey opens: APPLICATION/REFERENCE each, as IDA/PUBLIC_KEY. Default none',
    }),
    uinSalt: optionalText({
      secret: true,
      description: 'What token ids are made with, of UINs: mosip.kernel.tokenid.uin.salt',
    }),
    partnerSalt: optionalText({
      secret: true,
      description: 'What token ids are made with, of partners: mosip.kernel.tokenid.partnercode.salt',
    }),
  },
  kmip: {
    host: optionalText({
      description:
        'Address to listen on for KMIP over TLS, with the server’s certificate; clients show theirs, or a password. Default there is no such listener',
    }),
    port: whole({
      minimum: 0,
      maximum: 65_535,
      default: 5696,
      description: 'Port to listen on for KMIP; 0 for a free one',
    }),
    authority: optionalText({
      description:
        'Id or name of the authority that certifies for KMIP where a request does not name an issuer. Default the one that there is',
    }),
    profile: text({
      default: 'client',
      description: 'Name of the profile of certificates that are issued over KMIP',
    }),
    cosmian4: yesOrNo({
      default: false,
      description:
        'Whether operations alone at POST /kmip/2_1 are answered as Cosmian KMS 4 did, for its JavaScript clients (docs/cosmian.md)',
    }),
    clients: list({
      description:
        'Clients that listen, for Notify and Put over TLS: PRINCIPAL@HOST:PORT each, with /1.4 behind it for another version than 2.1. Each is told of objects whose attributes the principal may get, and given those that it may export',
    }),
    clientsAuthority: optionalText({
      description: 'File with the certificates (PEM) that clients which listen are checked against',
    }),
    clientsCertificate: optionalText({
      description: 'File with the certificate (PEM) that is shown to clients which listen',
    }),
    clientsKey: optionalText({ description: 'File with its private key (PEM)' }),
  },
  keyservice: {
    path: optionalText({
      description: 'What stands before /init, /connect and /key: /keyservice. Default nothing',
    }),
    unsignedPath: optionalText({
      description:
        'What whoever signs a request does not see of its path, because a proxy puts it before: /keyservice. Default nothing',
    }),
    initSeconds: whole({
      minimum: 10,
      maximum: 86_400,
      default: 600,
      description: 'Seconds until which an init token must be connected',
    }),
    sessionSeconds: whole({
      minimum: 60,
      maximum: 31_536_000,
      default: 604_800,
      description: 'Seconds that a session of a user lasts, however much it is used',
    }),
    dateWindowSeconds: whole({
      minimum: 10,
      maximum: 86_400,
      default: 86_400,
      description: 'Seconds that the date of a request may be off, either way',
    }),
    keyBytes: whole({
      minimum: 1,
      maximum: 65_536,
      default: 65_536,
      description: 'Bytes that a user keeps at most',
    }),
    versions: whole({
      minimum: 1,
      maximum: 100,
      default: 5,
      description: 'How many versions of what a user keeps there are, the present one among them',
    }),
    initsPerMinute: whole({
      minimum: 0,
      maximum: 1e9,
      default: 60,
      description: 'Init tokens a minute of one address; 0 for no limit',
    }),
    connectsPerMinute: whole({
      minimum: 0,
      maximum: 1e9,
      default: 6000,
      description: 'Users a minute that one service connects; 0 for no limit',
    }),
    failuresPerMinute: whole({
      minimum: 0,
      maximum: 1e9,
      default: 30,
      description: 'Wrong signatures a minute of one key id, after which it is refused; 0 for no limit',
    }),
    legacyStatus: yesOrNo({
      default: false,
      description: 'Whether wrong signatures have the status 400 instead of 401, for clients of old',
    }),
    corsOrigins: list({
      description: 'Origins of pages whose scripts may ask: https://www.example.org. Default none',
    }),
  },
  limits: {
    body: whole({
      minimum: 1024,
      maximum: 128 * 2 ** 20,
      default: 2 ** 20,
      description: 'Bytes of a request body',
    }),
    requests: whole({
      minimum: 0,
      maximum: 1e9,
      default: 20_000,
      description: 'Requests a second of one principal; 0 for no limit',
    }),
    failures: whole({
      minimum: 0,
      maximum: 1e9,
      default: 300,
      description: 'Failed authentications a minute after which an address is refused; 0 for no limit',
    }),
  },
  memory: {
    lock: either(['required', 'preferred'], {
      default: 'required',
      description: 'Whether to refuse work when memory for keys cannot be locked',
    }),
  },
  session: {
    idleMinutes: whole({
      minimum: 0,
      maximum: 720,
      default: 15,
      description: 'Minutes without use after which a login ends; 0 for never',
    }),
  },
  lease: {
    seconds: whole({
      minimum: 1,
      maximum: 3600,
      default: 5,
      description: 'How long a lease goes on without having heard from the store',
    }),
  },
  audit: {
    sync: either(['interval', 'always'], {
      default: 'interval',
      description: 'When records of mere use are synced: within 50 ms, or before each answer',
    }),
    checkpointSeconds: whole({
      minimum: 0,
      maximum: 86_400,
      default: 300,
      description: 'Seconds between signed checkpoints while something is recorded; 0 for none',
    }),
    checkpointDirectory: optionalText({
      description:
        'Directory outside the database that checkpoints are written to as well: without one, whoever writes the database can cut off its newest records unseen',
    }),
    file: optionalText({
      description: 'File that every audit record is appended to as a line of JSON; move it away to rotate it',
    }),
    syslog: optionalText({
      description:
        'Receiver of syslog for every audit record: udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT; only the latter two are known to have what they were sent',
    }),
    syslogAuthority: optionalText({
      description:
        'File with the certificates (PEM) that a receiver over TLS is checked against. Default those that Node trusts',
    }),
  },
  destroy: {
    delayDays: whole({
      minimum: 0,
      maximum: 30,
      default: 0,
      description:
        'Days after which a destroyed key is gone, and until which it can be recovered: 0 for at once, or 7 to 30',
    }),
  },
  log: {
    level: either(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
      default: 'info',
      description: 'What is logged; debug has a line for each request',
    }),
  },
}

type Values<Node> = Node extends Typed<infer Value> ? Value : { [Name in keyof Node]: Values<Node[Name]> }
export type Settings = Values<typeof schema>

/** One entry of the configuration and its names. */
export interface Entry {
  /** `http.port`: its place in the configuration file. */
  readonly path: string
  /** `--http-port`; undefined for secrets. */
  readonly flag: string | undefined
  /** `MORTISE_HTTP_PORT`. */
  readonly variable: string
  readonly schema: Field
  readonly secret: boolean
}

/** Every entry, in the order of the schema. */
export const entries: readonly Entry[] = listEntries(schema, [])

interface Section {
  readonly [name: string]: Field | Section
}

function listEntries(node: Field | Section, path: readonly string[]): Entry[] {
  if (!isField(node))
    return Object.entries(node).flatMap(([name, child]) => listEntries(child, [...path, name]))
  const words = path.flatMap((name) => name.split(/(?=[A-Z])/)).map((word) => word.toLowerCase())
  const secret = node.secret === true
  return [
    {
      path: path.join('.'),
      flag: secret ? undefined : `--${words.join('-')}`,
      variable: `MORTISE_${words.join('_').toUpperCase()}`,
      schema: node,
      secret,
    },
  ]
}

function isField(node: Field | Section): node is Field {
  return typeof node['description'] === 'string'
}
