import fc from 'fast-check'
import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import { type Certificate, parseCertificate, validatePath } from '../../lib/x509/index.js'
import { at, extension, make, makeAuthority, oids } from './authority.js'
import { bits, primitive, sequence, text } from './der.js'

const root = makeAuthority('root')
const middle = makeAuthority('middle', { issuer: root })
const leaf = make({
  issuer: middle,
  extensions: [
    extension(oids.keyUsage, bits(Buffer.of(0x80), 7), true),
    extension(oids.subjectAltName, sequence(text('example.com', primitive(2)), text('a@b.c', primitive(1)))),
  ],
})

function parsed(bytes: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(bytes)
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_INVALID')) return undefined
    throw error
  }
}

function accepted(leaf: Certificate | undefined, middle: Certificate | undefined): boolean {
  if (!leaf || !middle) return false
  try {
    validatePath({ leaf, intermediates: [middle], anchors: [root.certificate], at, profile: 'path' })
    return true
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) return false
    throw error
  }
}

t.test('no byte of a certificate can be changed', async (t) => {
  t.ok(accepted(leaf.certificate, middle.certificate))
  const changed: string[] = []
  for (const [name, { der }] of Object.entries({ leaf, middle })) {
    for (let i = 0; i < der.length; i++) {
      const bytes = Buffer.from(der)
      bytes[i] = der.readUInt8(i) ^ (1 << (i % 8))
      const certificate = parsed(bytes)
      const isAccepted =
        name === 'leaf' ? accepted(certificate, middle.certificate) : accepted(leaf.certificate, certificate)
      if (isAccepted) changed.push(`${name} ${i}`)
    }
  }
  t.same(changed, [])
})

t.test('whatever is done to a certificate, it is refused by a typed error', async (t) => {
  const edit = fc.record({
    at: fc.nat(leaf.der.length),
    remove: fc.nat(20),
    insert: fc.uint8Array({ maxLength: 20 }),
  })
  const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
    let bytes = leaf.der
    for (const { at, remove, insert } of edits) {
      bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
    }
    return accepted(parsed(bytes), middle.certificate) === bytes.equals(leaf.der)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
})

t.test('bytes that are no certificate', async (t) => {
  const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => parsed(bytes) === undefined)
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
})
