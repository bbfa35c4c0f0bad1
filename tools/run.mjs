// Every npm script comes through here and does its own set-up, so that it works on a fresh clone. Plain JavaScript
// without dependencies, because at first there is nothing else.

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`mortise: needs Node 20.19 or later; this is ${process.version}`)
  process.exit(1)
}

const { Failure, say } = await import('./process.mjs')
const { default: scripts } = await import('./scripts.mjs')

const [name, ...args] = process.argv.slice(2)
try {
  if (!Object.hasOwn(scripts, name))
    throw new Failure(`no such script: ${name}. There are: ${Object.keys(scripts).join(', ')}`)
  await scripts[name](args)
} catch (error) {
  say(error instanceof Failure ? error.message : error.stack)
  process.exitCode = 1
}
