import { mkdir } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Command } from 'commander'
import { type AuthorityInfo, ownIssuingName, type Session } from '../../core/index.js'
import {
  addKeyOptions,
  addValidityOptions,
  type KeyOptions,
  keyOf,
  type ValidityOptions,
  validityOf,
} from '../certificate_options.js'
import type { Client } from '../client.js'
import { readSecret } from '../input.js'
import { facts, print } from '../output.js'
import { writePieces } from '../sink.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

type MakeOptions = TargetOptions &
  KeyOptions &
  ValidityOptions & { readonly authority?: string; readonly out: string; readonly password?: true }

/** What is to be certified. */
interface Wanted {
  /** What the files are called by. */
  readonly name: string
  readonly subject: string
  readonly profile: 'server' | 'client'
  readonly names?: Parameters<Session['createCertificateRequest']>[0]['names']
}

export function tlsCommands(program: Command): void {
  const tls = program
    .command('tls')
    .description('Certificates for TLS in files (PEM), below the built-in authority or another one.')

  addTargetOptions(tls.command('init'))
    .description('Make the built-in authority where it is not there, and say where its root is.')
    .action(async (options: TargetOptions) => {
      const { root, issuing } = await withClient(options, (client) => client.ownAuthority())
      const shown = {
        root: root.name,
        fingerprint: root.fingerprints?.sha256,
        notAfter: root.notAfter,
        issuing: issuing.name,
      }
      print(
        options,
        { ...shown, certificate: root.certificate },
        () => `${facts(shown)}\n${root.certificate}`,
      )
    })

  addMakeOptions(tls.command('server <name...>'))
    .description('Make a key and a certificate for a TLS server, by its DNS names and addresses.')
    .action(async (all: readonly string[], options: MakeOptions) => {
      const [name = ''] = all
      const names = { dns: all.filter((one) => !isIP(one)), ip: all.filter((one) => isIP(one)) }
      const wanted = { name, names, subject: commonName(name), profile: 'server' } as const
      await withClient(options, (client) => make(client, wanted, options))
    })

  addMakeOptions(tls.command('client <principal>'))
    .description(
      'Make a key and a certificate for a TLS client: its subject is that of the account, which is set to CN=NAME where it has none.',
    )
    .action(async (principal: string, options: MakeOptions) => {
      await withClient(options, async (client) => {
        const { name, certificateSubject } = await client.keys.getUser(principal)
        const subject = certificateSubject ?? commonName(name)
        await make(client, { name, subject, profile: 'client' }, options)
        if (certificateSubject === null)
          await client.keys.setPrincipal(principal, { certificateSubject: subject })
      })
    })
}

function addMakeOptions(command: Command): Command {
  return addValidityOptions(addKeyOptions(addTargetOptions(command)))
    .option('--authority <authority>', `id or name; default ${ownIssuingName}`)
    .option(
      '--out <directory>',
      'where NAME.pem (with its chain), NAME-key.pem and root.pem are written',
      '.',
    )
    .option('--password', 'encrypt the private key with a password, typed or from standard input')
}

async function make(
  client: Client,
  { name, subject, profile, names }: Wanted,
  options: MakeOptions,
): Promise<void> {
  const password = options.password ? await readSecret('Password: ') : undefined
  const { keys } = client
  const authority =
    options.authority === undefined
      ? (await client.ownAuthority()).issuing
      : await keys.getAuthority(options.authority)
  const asked = {
    subject,
    ...keyOf(options),
    ...(names && { names }),
    ...(password !== undefined && { password }),
  }
  const { request, privateKey } = await keys.createCertificateRequest(asked)
  const input = { profile, request, name, ...validityOf(options) }
  const { token } = await keys.prepareCertificate(authority.id, input)
  const { certificate, serial, notAfter } = await keys.issueCertificate(authority.id, token)
  const { chain, root } = above(authority)
  const stem = join(options.out, name.replace(/[^\w.@-]/g, '_'))
  const files = { certificate: `${stem}.pem`, key: `${stem}-key.pem`, root: join(options.out, 'root.pem') }
  await mkdir(options.out, { recursive: true })
  await write(files.key, privateKey)
  await write(files.certificate, [certificate, ...chain].join(''))
  await write(files.root, root)
  const shown = { subject, serial, notAfter, ...files }
  print(options, shown, () => facts(shown))
}

/** What servers and clients send along of an authority, and what they are to trust. */
function above({ certificate, chain }: AuthorityInfo): {
  readonly chain: readonly string[]
  readonly root: string
} {
  const all = [certificate ?? '', ...chain]
  return { chain: all.slice(0, -1), root: all.at(-1) ?? '' }
}

function write(path: string, pem: string): Promise<void> {
  return writePieces(path, Readable.from([Buffer.from(pem)]))
}

/** RFC 4514 section 2.4. */
function commonName(name: string): string {
  return `CN=${name
    .slice(0, 64)
    .replace(/[\\"+,;<>=]/g, '\\$&')
    .replace(/^[ #]| $/g, '\\$&')}`
}
