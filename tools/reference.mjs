// docs/reference.md and docs/cli.md, made from the docstrings and from the command line's own description of itself.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './process.mjs'

/** What a user begins with comes first; every other exported type follows in the order of the alphabet. */
const first = [
  'openKeyManager',
  'KeyManager',
  'Session',
  'Cipher',
  'Signer',
  'MortiseError',
  'isMortiseError',
]

/** What the two pages should be, by their paths. */
export async function pages() {
  return { 'docs/reference.md': await apiPage(), 'docs/cli.md': await cliPage() }
}

export async function writePages() {
  for (const [path, text] of Object.entries(await pages())) writeFileSync(join(root, path), text)
}

async function apiPage() {
  const { default: ts } = await import('typescript')
  const entry = join(root, 'lib/index.ts')
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram([entry], options)
  const checker = program.getTypeChecker()
  const exported = new Map(
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry))).map((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      return [symbol.name, target.declarations?.[0]]
    }),
  )
  const rest = [...exported.keys()].filter((name) => !first.includes(name)).sort()
  const ofKind = (names, kinds) =>
    names.filter((name) => kinds.some((is) => exported.get(name) && is(exported.get(name))))
  const main = first.map((name) => section(ts, name, exported.get(name)))
  const functions = ofKind(rest, [ts.isFunctionDeclaration]).map((name) =>
    section(ts, name, exported.get(name)),
  )
  const types = ofKind(rest, [ts.isInterfaceDeclaration, ts.isTypeAliasDeclaration, ts.isClassDeclaration])
  return `# Reference of the in-process API

Made from the docstrings by \`npm run reference\`. Every error is a \`MortiseError\`; [errors.md](errors.md) explains each code. The HTTP API
describes itself at \`/openapi.json\` of every server (OpenAPI 3.1); the commands are in [cli.md](cli.md).

${main.join('\n')}
## Further functions

${functions.map((text) => text.replace(/^## /, '### ')).join('\n')}
## Types

${types.map((name) => section(ts, name, exported.get(name)).replace(/^## /, '### ')).join('\n')}`
}

function section(ts, name, node) {
  const parts = [`## ${name}\n`]
  if (ts.isFunctionDeclaration(node)) parts.push(code(heading(node)), doc(ts, node))
  else if (ts.isClassDeclaration(node)) {
    parts.push(doc(ts, node))
    for (const member of node.members.filter((member) => isPublic(ts, member))) {
      parts.push(code(heading(member)), doc(ts, member))
    }
  } else parts.push(doc(ts, node), code(dedent(node.getText().replace(/^export /, ''))))
  return `${parts.filter((part) => part !== '').join('\n')}`
}

function isPublic(ts, member) {
  if (!member.name || ts.isPrivateIdentifier(member.name) || ts.isConstructorDeclaration(member)) return false
  return !ts.getJSDocTags(member).some(({ tagName }) => tagName.text === 'internal')
}

/** A declaration without its body or value. */
function heading(node) {
  const start = node.getStart()
  const end = node.body?.getStart() ?? node.end
  return dedent(node.getSourceFile().text.slice(start, end).trim()).replace(
    /^(export )?(async )?(function )?/,
    '',
  )
}

function doc(ts, node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  return comments
    .map((comment) => {
      const text = comment.getText()
      const lines = text
        .slice(3, -2)
        .split('\n')
        .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
      return `${lines
        .join('\n')
        .trim()
        .replace(/\{@link ([^}]+)\}/g, '`$1`')
        .replace(/^@(throws|returns) /gm, (_, tag) => `**${tag === 'throws' ? 'Throws' : 'Returns'}** `)
        .replace(/^@param (\w+) /gm, '**`$1`** ')}\n`
    })
    .join('\n')
}

function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\`\n`
}

/** Members of a class stand two columns in. */
function dedent(text) {
  const indent = Math.min(
    ...text
      .split('\n')
      .slice(1)
      .filter((line) => line.trim() !== '')
      .map((line) => line.search(/\S/)),
    2,
  )
  return text.includes('\n')
    ? text.replace(new RegExp(`\n {${indent === 2 && /^\s*\}/m.test(text) ? 0 : indent}}`, 'g'), '\n')
    : text
}

async function cliPage() {
  const { buildProgram } = await import(pathToFileURL(join(root, 'dist/lib/cli/program.js')))
  const program = await buildProgram()
  // As wide as it needs, whatever the terminal.
  const help = (command) => {
    command.configureHelp({ helpWidth: 110 })
    return command.helpInformation().trimEnd()
  }
  const sections = commandsOf(program).map(
    ({ name, command }) => `## ${name}\n\n\`\`\`text\n${help(command)}\n\`\`\`\n`,
  )
  return `# Reference of the command line

Made from the commands' own help by \`npm run reference\`. Each command works on a data directory in its own process, or against a server with
\`--url\`. Results go to standard output, everything else to standard error; the exit code is 0 when it is done, 1 when it
failed, 2 when it was asked wrongly.

${sections.join('\n')}`
}

function commandsOf(command, prefix = '') {
  const name = `${prefix}${command.name()}`
  return [
    ...(command.commands.length === 0 || prefix === '' ? [{ name, command }] : []),
    ...command.commands.flatMap((inner) => commandsOf(inner, `${name} `)),
  ]
}
