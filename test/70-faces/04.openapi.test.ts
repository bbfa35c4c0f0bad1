import t from 'tap'
import { Face } from './face.js'

interface Documented {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security?: readonly object[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, unknown> }>>
}

const faces = {
  '--faces-ciphertrust': 'true',
  '--faces-cosmian': 'true',
  '--faces-pki': 'true',
  '--faces-keymanager': 'true',
}

/** Routes of the faces that ask for no token. */
const opened =
  / \/v1\/keymanager\/(actuator\/health|v3\/api-docs)$| \/admin\/v1\/login(\/|$)|POST \/api\/v1\/auth\/tokens|\/auth\/changepw/
const errorType = (route: string) => {
  if (/ \/(access\/|me$|server-info$)/.test(route)) return 'text/plain'
  return / \/(api\/v1|v1\/crypto|v1\/keymanager|\.well-known)\//.test(route)
    ? 'application/json'
    : 'application/problem+json'
}

t.test('The document describes every route', async (t) => {
  const face = await Face.open(t, faces)
  const { status, json } = await face.ask('GET', '/openapi.json', { token: null })
  t.equal(status, 200)
  t.match(json, {
    openapi: '3.1.0',
    info: { title: 'Mortise' },
    components: { securitySchemes: { bearer: { type: 'http' } } },
  })

  const documented = new Map<string, Documented>()
  for (const [path, methods] of Object.entries<Record<string, Documented>>(json.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      documented.set(
        `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1').replace('/{*}', '*')}`,
        operation,
      )
    }
  }
  t.same([...documented.keys()].sort(), [...face.routes].sort())

  const ids = new Set<string>()
  for (const [route, operation] of documented) {
    t.ok(operation.summary && operation.tags.length > 0, `${route} says what it does`)
    t.notOk(ids.has(operation.operationId), `${route} has an operation id of its own`)
    ids.add(operation.operationId)
    const success = Object.keys(operation.responses).find((code) => /^[23]/.test(code))
    t.ok(success, `${route} documents its answer`)
    t.ok(operation.responses['default']?.content?.[errorType(route)], `${route} documents its problems`)
    const isOpen =
      !/ \/((admin|api)\/v1|access|v1\/(crypto|keymanager))\/| \/(me|server-info)$/.test(route) ||
      opened.test(route)
    t.same(operation.security, isOpen ? [] : undefined, `${route} asks for a token`)
    for (const [, name] of route.matchAll(/:(\w+)/g)) {
      t.ok(operation.parameters?.some((parameter) => parameter.in === 'path' && parameter.name === name))
    }
  }
})

t.test('Every reference in it leads somewhere', async (t) => {
  const face = await Face.open(t, faces)
  const { json, text } = await face.ask('GET', '/openapi.json', { token: null })
  const references = new Set(
    [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference as string),
  )
  t.ok(references.size > 0)
  for (const reference of references) {
    t.match(reference, /^#\//)
    const target = reference
      .slice(2)
      .split('/')
      .reduce((node, name) => node?.[name], json)
    t.type(target, 'object', reference)
  }
})
