// The architecture's table of imports: one row a folder of lib. Every layer rule below is derived from it.
const store = ['errors', 'operation', 'native', 'crypto', 'storage', 'hsm', 'barrier']
const may = {
  errors: [],
  // For browsers and real services: it stands alone.
  'keyservice-client': [],
  operation: ['errors'],
  native: ['errors'],
  // The algorithm table names object types and usages, which are vocabulary.
  crypto: ['errors', 'operation', 'native'],
  x509: ['errors', 'native', 'crypto'],
  storage: ['errors', 'operation'],
  hsm: ['errors', 'operation', 'native', 'crypto'],
  barrier: ['errors', 'operation', 'native', 'crypto', 'storage', 'hsm'],
  audit: ['errors', 'operation', 'crypto', 'storage', 'barrier'],
  access: ['errors', 'operation', 'crypto', 'storage', 'barrier', 'x509'],
  keys: [...store, 'x509', 'access'],
  ca: [...store, 'x509', 'access', 'keys'],
  keymanager: [...store, 'x509', 'access', 'keys'],
  gateway: [...store, 'access'],
  core: [...store, 'x509', 'access', 'keys', 'ca', 'keymanager', 'gateway', 'audit'],
  faces: ['errors', 'operation', 'core'],
  server: ['errors', 'core', 'faces'],
  cli: ['errors', 'core', 'faces', 'server'],
}

const folders = Object.keys(may)
const within = (names) => `^lib/(${names.join('|')})/`
const nothing = '^$'

const layers = folders.map((folder) => ({
  name: `layer-${folder}`,
  comment: `${folder} may import: ${may[folder].join(', ') || 'nothing of lib'}`,
  severity: 'error',
  // The KMIP face alone may use the TTLV codec of the add-on.
  from: { path: within([folder]), pathNot: folder === 'faces' ? '^lib/faces/kmip/' : nothing },
  to: { path: '^lib/', pathNot: within([folder, ...may[folder]]) },
}))

const frontDoors = folders.map((folder) => ({
  name: `front-door-${folder}`,
  comment: `${folder} is entered by its index.ts`,
  severity: 'error',
  from: { path: '^lib/', pathNot: within([folder]) },
  to: {
    path: within([folder]),
    pathNot: folder === 'faces' ? '^lib/faces/[^/]+/index\\.ts$' : `^lib/${folder}/index\\.ts$`,
  },
}))

/** Outside libraries stay behind their adapter. */
const only = (name, home, library) => ({
  name,
  severity: 'error',
  from: { path: '^lib/', pathNot: home },
  to: { path: `(^|node_modules/)(${library})(/|$)` },
})

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...layers,
    ...frontDoors,
    {
      name: 'layer-kmip',
      comment: 'the KMIP face may import what faces may, and native for its TTLV codec',
      severity: 'error',
      from: { path: '^lib/faces/kmip/' },
      to: { path: '^lib/', pathNot: within(['faces', 'native', ...may.faces]) },
    },
    {
      name: 'layer-package',
      comment: 'what the package offers is what core offers',
      severity: 'error',
      from: { path: '^lib/[^/]+\\.ts$' },
      to: { path: '^lib/', pathNot: within(['errors', 'operation', 'core']) },
    },
    {
      name: 'faces-are-strangers',
      comment: 'a protocol never knows another; what they share is in faces/http',
      severity: 'error',
      from: { path: '^lib/faces/([^/]+)/' },
      to: { path: '^lib/faces/', pathNot: '^lib/faces/($1|http)/' },
    },
    only('sqlite-only-in-storage', '^lib/storage/sqlite/', 'better-sqlite3|@types/better-sqlite3'),
    only('fastify-only-in-faces-and-server', '^lib/(faces|server)/', 'fastify|@fastify/[^/]+'),
    only('factor-libraries-only-in-factors', '^lib/access/factors/', '@simplewebauthn/server|uqr'),
    only('ldapts-only-in-ldap', '^lib/access/ldap/', 'ldapts'),
    only('cborg-only-in-keymanager', '^lib/faces/keymanager/', 'cborg'),
    only('addon-only-in-binding', '^lib/native/binding\\.ts$', 'node-gyp-build|[^/]+\\.node'),
    only('jose-only-in-oidc', '^lib/access/oidc/', 'jose'),
    {
      name: 'lib-stands-alone',
      comment: 'lib needs no tests, benchmarks or tools',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(test|bench|tools)/' },
    },
    {
      name: 'no-development-packages',
      comment: 'what lib needs at run time stands among the dependencies',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|build)/' },
  },
}
