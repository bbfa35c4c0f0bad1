import { randomBytes } from 'node:crypto'
import { id, value } from './kmip_client.js'

/** What a product sends, and what it needs to be told: by the values of fields in each item's answer, `null` where there must be none. */
export interface Step {
  readonly asks: readonly (readonly [operation: string, payload: string])[]
  /** In XML, of the Request Header. */
  readonly header?: string
  /** One for each item; by default every one succeeds. */
  readonly answers?: readonly Readonly<Record<string, string | RegExp | null>>[]
  /** Fields of the last item that later steps write as `{name}`. */
  readonly keep?: Readonly<Record<string, string>>
}

export interface Product {
  readonly name: string
  readonly version: string
  readonly over?: 'HTTPS'
  readonly steps: readonly Step[]
}

export const hex = (bytes: number) => randomBytes(bytes).toString('hex').toUpperCase()

const attribute = (name: string, type: string, text: string) =>
  `<Attribute>${value('AttributeName', 'TextString', name)}${value('AttributeValue', type, text)}</Attribute>`
const nested = (name: string, fields: string) =>
  `<Attribute>${value('AttributeName', 'TextString', name)}<AttributeValue>${fields}</AttributeValue></Attribute>`
const text = (name: string, said: string) => attribute(name, 'TextString', said)
const named = (name: string) =>
  nested(
    'Name',
    value('NameValue', 'TextString', name) + value('NameType', 'Enumeration', 'UninterpretedTextString'),
  )
const mask = (bits: number) => attribute('Cryptographic Usage Mask', 'Integer', String(bits))
const length = (bits: number) => attribute('Cryptographic Length', 'Integer', String(bits))
const algorithm = (name: string) => attribute('Cryptographic Algorithm', 'Enumeration', name)
const objectType = (name: string) => attribute('Object Type', 'Enumeration', name)
const state = (name: string) => attribute('State', 'Enumeration', name)
const template = (...attributes: string[]) => `<TemplateAttribute>${attributes.join('')}</TemplateAttribute>`
const type = (name: string) => value('ObjectType', 'Enumeration', name)
const create = (...attributes: string[]) => type('SymmetricKey') + template(...attributes)
const block = (format: string, material: string, more = '') =>
  `<KeyBlock>${value('KeyFormatType', 'Enumeration', format)}<KeyValue>${value('KeyMaterial', 'ByteString', material)}</KeyValue>${more}</KeyBlock>`
const symmetric = (material: string) =>
  `<SymmetricKey>${block('Raw', material, value('CryptographicAlgorithm', 'Enumeration', 'AES') + value('CryptographicLength', 'Integer', String(material.length * 4)))}</SymmetricKey>`
const secret = (kind: string, format: string, material: string) =>
  `<SecretData>${value('SecretDataType', 'Enumeration', kind)}${block(format, material)}</SecretData>`
const names = (...all: string[]) => all.map((one) => value('AttributeName', 'TextString', one)).join('')
const functions = (...all: string[]) => all.map((one) => value('QueryFunction', 'Enumeration', one)).join('')
const revoke = (object: string) =>
  `${id(object)}<RevocationReason>${value('RevocationReasonCode', 'Enumeration', 'CessationOfOperation')}</RevocationReason>`
const cbc = `<CryptographicParameters>${value('BlockCipherMode', 'Enumeration', 'CBC')}${value('PaddingMethod', 'Enumeration', 'PKCS5')}${value('CryptographicAlgorithm', 'Enumeration', 'AES')}</CryptographicParameters>`
const bytes = (name: string, material: string) => value(name, 'ByteString', material)

const one = (operation: string, payload: string, answer?: Step['answers'], keep?: Step['keep']): Step => ({
  asks: [[operation, payload]],
  ...(answer && { answers: answer }),
  ...(keep && { keep }),
})
const told = (fields: Readonly<Record<string, string | RegExp | null>>) => [fields]
const key = { key: 'UniqueIdentifier' }
const nothing = told({ UniqueIdentifier: null })
const found = told({ UniqueIdentifier: '{key}' })

const [seed, aes256, aes128, password] = [hex(96), hex(32), hex(16), hex(24)]
const volume = '0b3a4f1e-6a52-4c0f-9d0c-1d2f3a4b5c6d'
const synologyName = `Synology-NAS-volume-1-encryption-key-vault-${'0123456789abcdef'.repeat(2)}`
const netapp = Array.from({ length: 16 }, (_, i) => text(`x-NETAPP-Attribute-${i}`, `value ${i}`))
const libkmip =
  value('MaximumResponseSize', 'Integer', '8192') + value('TimeStamp', 'DateTime', '2026-01-01T00:00:00Z')
const gone = [one('Revoke', revoke('{key}')), one('Destroy', id('{key}'))]

export const products: readonly Product[] = [
  {
    name: 'VMware vCenter',
    version: '1.1',
    steps: [
      one('DiscoverVersions', '', told({ ProtocolVersionMajor: /\d/ })),
      one('DiscoverVersions', '', told({ ProtocolVersionMajor: /\d/ })),
      one('Query', functions('QueryObjects'), told({ ObjectType: 'Certificate' })),
      one('Create', create(algorithm('AES'), mask(12), length(256)), undefined, key),
      one('GetAttributes', id('{key}') + names('x-Product_Version'), told({ AttributeName: null })),
      one('GetAttributes', id('{key}') + names('State'), told({ AttributeValue: 'PreActive' })),
      ...['x-Product_Version', 'x-Vendor', 'x-Product'].map((name) =>
        one('AddAttribute', id('{key}') + text(name, 'VMware'), told({ AttributeName: name })),
      ),
      one('GetAttributes', id('{key}') + names('x-Product_Version'), told({ AttributeValue: 'VMware' })),
      one(
        'Get',
        id('{key}'),
        told({ KeyFormatType: 'Raw', KeyMaterial: /^[0-9A-F]{64}$/, CryptographicLength: '256' }),
      ),
    ],
  },
  {
    name: 'MongoDB drivers',
    version: '1.0',
    steps: [
      one(
        'Register',
        type('SecretData') + template(mask(0)) + secret('Seed', 'Opaque', seed),
        undefined,
        key,
      ),
      one('Activate', id('{key}')),
      one(
        'Get',
        id('{key}'),
        told({
          ObjectType: 'SecretData',
          SecretDataType: 'Seed',
          KeyFormatType: 'Opaque',
          KeyMaterial: seed,
        }),
      ),
    ],
  },
  {
    name: 'MongoDB drivers, delegated',
    version: '1.2',
    steps: [
      one('Create', create(algorithm('AES'), length(256), mask(12)), undefined, key),
      one('Activate', id('{key}')),
      one(
        'Encrypt',
        id('{key}') + cbc + bytes('Data', 'AB'),
        told({ Data: /^[0-9A-F]{32}$/, IVCounterNonce: /^[0-9A-F]{32}$/ }),
        { sealed: 'Data', iv: 'IVCounterNonce' },
      ),
      one(
        'Decrypt',
        id('{key}') + cbc + bytes('Data', '{sealed}') + bytes('IVCounterNonce', '{iv}'),
        told({ Data: 'AB' }),
      ),
    ],
  },
  {
    name: 'Percona Server for MongoDB',
    version: '1.0',
    steps: [
      {
        ...one(
          'Register',
          type('SymmetricKey') + template(algorithm('AES'), length(256), mask(12)) + symmetric(aes256),
          undefined,
          key,
        ),
        header: libkmip,
      },
      { ...one('Activate', id('{key}')), header: libkmip },
      { ...one('Get', id('{key}'), told({ KeyMaterial: aes256, Fresh: null })), header: libkmip },
      {
        ...one('GetAttributes', id('{key}') + names('State'), told({ AttributeValue: 'Active' })),
        header: libkmip,
      },
    ],
  },
  {
    name: 'Percona Server for MySQL',
    version: '1.4',
    steps: [
      one(
        'Register',
        type('SymmetricKey') +
          template(
            algorithm('AES'),
            length(256),
            mask(12),
            named('percona-1'),
            text('Object Group', 'percona'),
          ) +
          symmetric(aes256),
        told({ ObjectType: null }),
        key,
      ),
      one('Activate', id('{key}')),
      one('Locate', named('percona-1'), found),
      one('Locate', text('Object Group', 'percona'), found),
      one('Get', id('{key}'), told({ KeyMaterial: aes256 })),
      one('GetAttributes', id('{key}') + names('Name'), told({ NameValue: 'percona-1' })),
      ...gone,
      one(
        'Register',
        type('SecretData') + template(mask(0), named('percona-2')) + secret('Password', 'Raw', password),
        undefined,
        key,
      ),
      one('Activate', id('{key}')),
      one('Get', id('{key}'), told({ KeyFormatType: 'Raw', KeyMaterial: password })),
      ...gone,
    ],
  },
  {
    name: 'Percona pg_tde',
    version: '1.4',
    steps: [
      one('Locate', objectType('SymmetricKey') + named('pg_tde'), nothing),
      one(
        'Register',
        type('SymmetricKey') +
          template(algorithm('AES'), length(128), mask(12), named('pg_tde')) +
          symmetric(aes128),
        undefined,
        key,
      ),
      one('Locate', objectType('SymmetricKey') + named('pg_tde'), found),
      one('Get', id('{key}'), told({ KeyMaterial: aes128 })),
    ],
  },
  {
    name: 'MySQL Enterprise TDE',
    version: '1.1',
    steps: [
      one('Create', create(algorithm('AES'), length(256), mask(12)), undefined, key),
      one('Activate', id('{key}')),
      one('Get', id('{key}'), told({ KeyMaterial: /^[0-9A-F]{64}$/ })),
      ...gone,
    ],
  },
  {
    name: 'ScyllaDB',
    version: '1.4',
    steps: (() => {
      const wanted = [objectType('SymmetricKey'), algorithm('AES'), length(192), mask(12), state('Active')]
      const locate = value('MaximumItems', 'Integer', '1') + wanted.join('')
      return [
        one('Locate', locate, nothing),
        one('Create', create(algorithm('AES'), length(192), mask(12)), undefined, key),
        one('Activate', id('{key}')),
        one('Locate', locate, found),
        one('Get', id('{key}'), told({ KeyMaterial: /^[0-9A-F]{48}$/ })),
      ]
    })(),
  },
  {
    name: 'EDB Postgres TDE',
    version: '1.2',
    steps: [
      one('Create', create(algorithm('AES'), length(256), mask(12)), undefined, key),
      one('Activate', id('{key}')),
      one('Encrypt', id('{key}') + cbc + bytes('Data', hex(32)), undefined, {
        sealed: 'Data',
        iv: 'IVCounterNonce',
      }),
      one(
        'Decrypt',
        id('{key}') + cbc + bytes('Data', '{sealed}') + bytes('IVCounterNonce', '{iv}'),
        told({ Data: /^[0-9A-F]{64}$/ }),
      ),
    ],
  },
  {
    name: 'Veeam',
    version: '1.4',
    steps: [
      one(
        'CreateKeyPair',
        `<CommonTemplateAttribute>${algorithm('RSA')}${length(2048)}</CommonTemplateAttribute><PrivateKeyTemplateAttribute>${mask(1)}</PrivateKeyTemplateAttribute><PublicKeyTemplateAttribute>${mask(2)}</PublicKeyTemplateAttribute>`,
        undefined,
        { private: 'PrivateKeyUniqueIdentifier', public: 'PublicKeyUniqueIdentifier' },
      ),
      // It takes no key with attributes in its value.
      one('Get', id('{public}'), told({ ObjectType: 'PublicKey', KeyMaterial: /./, AttributeName: null })),
      one('Get', id('{private}'), told({ ObjectType: 'PrivateKey', KeyMaterial: /./, AttributeName: null })),
      one('Destroy', id('{private}')),
      one('Destroy', id('{public}')),
    ],
  },
  {
    name: 'Synology DSM',
    version: '1.2',
    steps: [
      ...['QueryOperations', 'QueryObjects', 'QueryServerInformation', 'QueryExtensionList'].map((one_) =>
        one('Query', functions(one_)),
      ),
      one('Locate', named(synologyName), nothing),
      one(
        'Register',
        type('SecretData') +
          template(mask(2), text('Operation Policy Name', 'default'), named(synologyName)) +
          secret('Password', 'Opaque', password),
        undefined,
        key,
      ),
      // The answer must have the attribute.
      one('ModifyAttribute', id('{key}') + named(volume), told({ AttributeName: 'Name', NameValue: volume })),
      one('Locate', named(volume), found),
      one('Activate', id('{key}')),
      one('GetAttributeList', id('{key}'), told({ AttributeName: /./ })),
      one('GetAttributes', id('{key}') + names('Name', 'State'), told({ NameValue: volume })),
      one('Get', id('{key}'), told({ KeyFormatType: 'Opaque', KeyMaterial: password })),
      ...gone,
    ],
  },
  {
    name: 'VAST Data',
    version: '1.4',
    over: 'HTTPS',
    steps: [
      one('DiscoverVersions', '', told({ ProtocolVersionMajor: /\d/ })),
      one(
        'Create',
        create(algorithm('AES'), length(256), mask(12), text('Operation Policy Name', 'default')),
        undefined,
        key,
      ),
      one('AddAttribute', id('{key}') + named('vast'), told({ NameValue: 'vast' })),
      one('AddAttribute', id('{key}') + text('Object Group', 'vast'), told({ AttributeValue: 'vast' })),
      one(
        'AddAttribute',
        id('{key}') + text('Operation Policy Name', 'vast'),
        told({ AttributeName: 'Operation Policy Name', AttributeValue: 'vast' }),
      ),
      one('Activate', id('{key}')),
      one('Locate', named('vast'), found),
      one('Get', id('{key}'), told({ KeyMaterial: /^[0-9A-F]{64}$/ })),
      one('GetAttributes', id('{key}') + names('Operation Policy Name'), told({ AttributeValue: 'vast' })),
      one('Rekey', id('{key}'), undefined, { next: 'UniqueIdentifier' }),
      one('Locate', named('vast'), told({ UniqueIdentifier: '{next}' })),
      one('Get', id('{next}'), told({ KeyMaterial: /^[0-9A-F]{64}$/ })),
      ...gone,
    ],
  },
  {
    name: 'NetApp ONTAP',
    version: '1.2',
    steps: [
      one('Create', create(algorithm('AES'), length(256), mask(12), ...netapp), undefined, key),
      one('Locate', netapp.slice(0, 3).join(''), found),
      one('Locate', netapp[0] + text('x-NETAPP-Attribute-1', 'another'), nothing),
      one(
        'GetAttributes',
        id('{key}') + names('x-NETAPP-Attribute-15'),
        told({ AttributeValue: 'value 15' }),
      ),
    ],
  },
  {
    name: 'a SAN array',
    version: '1.0',
    steps: [
      one(
        'Register',
        type('SymmetricKey') +
          template(
            algorithm('AES'),
            length(256),
            mask(12),
            text('x-ResourceID', 'volume'),
            attribute('x-SystemID', 'Integer', '77'),
          ) +
          symmetric(aes256),
        undefined,
        key,
      ),
      {
        asks: [
          ['Query', functions('QueryOperations')],
          ['Locate', text('x-ResourceID', 'volume') + attribute('x-SystemID', 'Integer', '77')],
          ['Get', value('KeyFormatType', 'Enumeration', 'Opaque')],
          ['GetAttributes', names('x-SystemID')],
        ],
        answers: [
          { Operation: /./ },
          { UniqueIdentifier: '{key}' },
          { KeyFormatType: 'Opaque', KeyMaterial: aes256 },
          { AttributeValue: '77' },
        ],
      },
    ],
  },
  {
    name: 'IBM tape libraries',
    version: '1.2',
    steps: (() => {
      const alternative = nested(
        'Alternative Name',
        value('AlternativeNameValue', 'TextString', 'LTO-1') +
          value('AlternativeNameType', 'Enumeration', 'UninterpretedTextString'),
      )
      const barcode = text('x-Barcode', 'ABC123L7')
      return [
        one('Create', create(algorithm('AES'), length(256), mask(12), alternative, barcode), undefined, key),
        one('Locate', alternative + barcode, found),
      ]
    })(),
  },
  {
    name: 'HPE Data Fabric',
    version: '1.4',
    steps: [
      one('Create', create(algorithm('AES'), length(256), mask(12), named('hpe')), undefined, key),
      one('Activate', id('{key}')),
      one('Rekey', id('{key}'), undefined, { next: 'UniqueIdentifier' }),
      one('Locate', named('hpe'), told({ UniqueIdentifier: '{next}' })),
      ...gone,
    ],
  },
]

/** FortiGate logs in by name, with the number of the credential's type, and asks for up to four keys at once. */
export function fortigate(user: string, passphrase: string, keys: readonly string[]): Product {
  const header = `<Authentication><Credential>${value('CredentialType', 'Enumeration', '0x00000001')}<CredentialValue>${value('Username', 'TextString', user)}${value('Password', 'TextString', passphrase)}</CredentialValue></Credential></Authentication>${value('BatchOrderOption', 'Boolean', 'true')}`
  return {
    name: 'FortiGate',
    version: '1.0',
    steps: [
      {
        header,
        asks: keys.map((name) => ['Locate', value('MaximumItems', 'Integer', '1') + named(name)]),
        answers: keys.map((_, i) =>
          i === keys.length - 1 ? { UniqueIdentifier: null } : { UniqueIdentifier: /./ },
        ),
      },
    ],
  }
}
