import t from 'tap'
import { parseKeyAddress, parsePkcs11Uri, tokenSelectorOf } from '../../lib/hsm/index.js'
import { tokenOptions } from '../../lib/server/tokens.js'

t.test('pkcs11: URIs are read as RFC 7512 has them', async (t) => {
  const of = (text: string) => {
    const { path, query } = parsePkcs11Uri(text)
    const plain = (one: ReadonlyMap<string, Buffer>) =>
      Object.fromEntries([...one].map(([name, value]) => [name, value.toString('latin1')]))
    return { ...plain(path), ...plain(query) }
  }
  // RFC 7512 section 3.
  t.same(of('pkcs11:'), {})
  t.same(of('pkcs11:object=my-pubkey;type=public'), { object: 'my-pubkey', type: 'public' })
  t.same(of('pkcs11:object=my-key;type=private?pin-source=file:/etc/token'), {
    object: 'my-key',
    type: 'private',
    'pin-source': 'file:/etc/token',
  })
  t.same(
    of(
      'pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin',
    ),
    {
      token: 'The Software PKCS#11 Softtoken',
      manufacturer: 'Snake Oil, Inc.',
      model: '1.0',
      object: 'my-certificate',
      type: 'cert',
      id: 'i\x95>\\\xf4\xbd\xec\x91',
      serial: '',
      'pin-source': 'file:/etc/token_pin',
    },
  )
  t.same(of('pkcs11:token=Software%20PKCS%2311%20softtoken?module-name=mypkcs11&x-threads=8'), {
    token: 'Software PKCS#11 softtoken',
    'module-name': 'mypkcs11',
    'x-threads': '8',
  })
  t.same(tokenSelectorOf(parsePkcs11Uri('pkcs11:token=a;serial=b')), { label: 'a', serial: 'b' })
  for (const wrong of [
    'http:',
    'pkcs11:token=a;token=b',
    'pkcs11:id=%4',
    'pkcs11:id=%zz',
    'pkcs11:colour=red',
    'pkcs11:token',
  ])
    t.throws(() => of(wrong), { code: 'MORTISE_INPUT_INVALID' }, wrong)
  t.throws(() => of('pkcs11:x?pin-value=1234'), { message: /^(?!.*1234)/ }, 'no PIN stands in an error')
})

t.test('addresses of keys', async (t) => {
  t.same(parseKeyAddress('pkcs11:token=a;id=%01%ff;type=private'), {
    token: { label: 'a' },
    id: Buffer.of(1, 255),
    kind: 'private',
  })
  t.same(parseKeyAddress('pkcs11:object=my%20key;slot-id=7'), { token: {}, label: 'my key', slot: 7 })
  t.same(parseKeyAddress('hsm::softhsm2::12::my key'), {
    token: {},
    slot: 12,
    label: 'my key',
    named: 'softhsm2',
  })
  t.same(parseKeyAddress('hsm::4::kek'), { token: {}, slot: 4, label: 'kek' })
  for (const wrong of [
    'pkcs11:token=a',
    'pkcs11:object=a;type=cert',
    'pkcs11:id=a;slot-id=x',
    'hsm::kek',
    'hsm::a::b::c',
    'hsm::1::',
  ])
    t.throws(() => parseKeyAddress(wrong), { code: 'MORTISE_INPUT_INVALID' }, wrong)
})

t.test('tokens of the configuration', async (t) => {
  const ask = async () => '4711'
  const of = (text: string) => tokenOptions(text, ask)
  const made = of(
    'one=pkcs11:token=a%20b;serial=7?module-path=/m.so&pin-source=prompt:&x-threads=16&x-deadline=500&x-gcm-iv=token',
  )
  t.match(made, {
    name: 'one',
    module: '/m.so',
    token: { label: 'a b', serial: '7' },
    policy: { threads: 16, deadline: 500, gcmIv: 'token' },
  })
  t.equal(typeof made.pin === 'function' && Buffer.from(await made.pin()).toString(), '4711')
  const folder = t.testdir({ pin: '1234\n' })
  const { pin } = of(`one=pkcs11:token=a?module-path=/m.so&pin-source=file:${folder}/pin`)
  t.equal(typeof pin === 'function' && Buffer.from(await pin()).toString(), '1234')
  t.equal(of('one=pkcs11:token=a?module-path=/m.so').pin, undefined)
  for (const [text, reason] of [
    ['pkcs11:token=a?module-path=/m.so', /a name must stand before it/],
    ['one=pkcs11:token=a', /module-path/],
    ['one=pkcs11:?module-path=/m.so', /say which token/],
    ['one=pkcs11:token=a?module-path=/m.so&pin-value=1', /pin-source/],
    ['one=pkcs11:token=a?module-path=/m.so&pin-source=1234', /pin-source is/],
    ['one=pkcs11:token=a?module-path=/m.so&x-threads=many', /whole number/],
    ['one=pkcs11:token=a?module-path=/m.so&x-gcm-iv=none', /local, token/],
    ['one=pkcs11:token=a?module-path=/m.so&x-colour=red', /x-colour/],
  ] as const)
    t.throws(() => of(text), { code: 'MORTISE_CONFIG_INVALID', message: reason }, text)
  const absent = of('one=pkcs11:token=a?module-path=/m.so&pin-source=env:NOTHING_OF_THE_KIND').pin
  await t.rejects(async () => (typeof absent === 'function' ? absent() : undefined), {
    code: 'MORTISE_CONFIG_INVALID',
  })
})
