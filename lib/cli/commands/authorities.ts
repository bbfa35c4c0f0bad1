import { Readable } from 'node:stream'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { AuthorityInfo, CrlInfo, ListAuthoritiesInput } from '../../core/index.js'
import {
  addKeyOptions,
  addNameOptions,
  addSettingOptions,
  addValidityOptions,
  issuingOf,
  type KeyOptions,
  keyOf,
  type NameOptions,
  namesOf,
  type SettingOptions,
  type ValidityOptions,
  validityOf,
} from '../certificate_options.js'
import { collect, readAll, wholeNumber } from '../input.js'
import { facts, print, table } from '../output.js'
import { addSkipOptions, mentionRest, type SkipOptions, skipOf } from '../paging.js'
import { writePieces } from '../sink.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

type CreateOptions = TargetOptions &
  KeyOptions &
  NameOptions &
  SettingOptions &
  TrustOptions & { readonly name?: string; readonly provider?: string; readonly subject: string }

interface TrustOptions {
  /** False for --no-trust. */
  readonly trust?: readonly string[] | false
}

interface OutOptions extends TargetOptions {
  readonly out?: string
}

export function authorityCommands(program: Command): void {
  const authorities = program.command('ca').description('Certificate authorities.')

  addTrustOptions(
    addSettingOptions(addNameOptions(addKeyOptions(addTargetOptions(authorities.command('create'))))),
  )
    .description('Make an authority, which is pending, and print the request to certify it.')
    .requiredOption('--subject <name>', 'RFC 4514: CN=Issuing CA 1,O=Example')
    .option('--name <name>', 'what it is called here')
    .option('--provider <token>', 'the token that its key is to live on, or software')
    .action(async (options: CreateOptions) => {
      const { name, subject, provider } = options
      const input = {
        subject,
        ...(name !== undefined && { name }),
        ...(provider !== undefined && { provider }),
        ...keyOf(options),
        ...namesOf(options),
        ...issuingOf(options),
        ...trustOf(options),
      }
      const made = await withClient(options, ({ keys }) => keys.createAuthority(input))
      print(options, made, () => `${overview(made)}\n${made.request ?? ''}`)
    })

  addTrustOptions(addTargetOptions(authorities.command('register <file>')))
    .description('Take in the certificate (PEM) of an authority whose key is elsewhere.')
    .option('--name <name>', 'what it is called here')
    .option('--parent <authority>', 'id or name of the authority that has signed it')
    .action(
      async (
        file: string,
        options: TargetOptions & TrustOptions & { readonly name?: string; readonly parent?: string },
      ) => {
        const certificate = (await readAll(file)).toString()
        const { name, parent } = options
        const input = {
          certificate,
          ...(name !== undefined && { name }),
          ...(parent !== undefined && { parent }),
          ...trustOf(options),
        }
        printAuthority(options, await withClient(options, ({ keys }) => keys.registerAuthority(input)))
      },
    )

  addSkipOptions(authorities.command('list'))
    .description('The authorities that one may get.')
    .addOption(new Option('--kind <kind>').choices(['local', 'external']))
    .addOption(new Option('--state <state>').choices(['pending', 'active', 'expired', 'disabled']))
    .option('--subject <name>', 'RFC 4514')
    .option('--issuer <name>', 'RFC 4514')
    .action(async (options: SkipOptions & ListAuthoritiesInput) => {
      const { kind, state, subject, issuer } = options
      const query = {
        ...skipOf(options),
        ...(kind && { kind }),
        ...(state && { state }),
        ...(subject !== undefined && { subject }),
        ...(issuer !== undefined && { issuer }),
      }
      const page = await withClient(options, ({ keys }) => keys.authorities(query))
      print(options, page, () =>
        table(
          ['ID', 'NAME', 'KIND', 'STATE', 'SUBJECT', 'NOT AFTER'],
          page.authorities.map(({ id, name, kind, state, subject, notAfter }) => [
            id,
            name,
            kind,
            state,
            subject,
            notAfter,
          ]),
        ),
      )
      mentionRest(options, page, page.authorities.length)
    })

  addTargetOptions(authorities.command('get <authority>'))
    .description('One authority; with --chain its certificate and those above it as PEM alone.')
    .option('--chain')
    .action(async (authority: string, options: TargetOptions & { readonly chain?: true }) => {
      const info = await withClient(options, ({ keys }) => keys.getAuthority(authority))
      if (!options.chain) return printAuthority(options, info)
      const chain = [info.certificate ?? '', ...info.chain].join('')
      print(options, { chain }, () => chain)
    })

  addValidityOptions(addTargetOptions(authorities.command('self-sign <authority>')))
    .description(
      'Make a pending authority a root; its certificate is valid for ten years unless said otherwise.',
    )
    .option('--path-length <number>', 'how many authorities may follow below it', wholeNumber)
    .action(
      async (
        authority: string,
        options: TargetOptions & ValidityOptions & { readonly pathLength?: number },
      ) => {
        const { pathLength } = options
        const input = { ...validityOf(options), ...(pathLength !== undefined && { pathLength }) }
        printAuthority(options, await withClient(options, ({ keys }) => keys.selfSign(authority, input)))
      },
    )

  addTargetOptions(authorities.command('install <authority> <file>'))
    .description('Make a pending authority active with the certificate (PEM) that another one has signed.')
    .option('--parent <authority>', 'id or name; default whichever it leads to')
    .action(
      async (authority: string, file: string, options: TargetOptions & { readonly parent?: string }) => {
        const certificate = (await readAll(file)).toString()
        const input = { certificate, ...(options.parent !== undefined && { parent: options.parent }) }
        printAuthority(
          options,
          await withClient(options, ({ keys }) => keys.installCertificate(authority, input)),
        )
      },
    )

  addValidityOptions(addTargetOptions(authorities.command('renew <authority> [file]')))
    .description(
      'Give an authority another certificate for the same key: the one in the file (PEM), where an authority of elsewhere has signed it; otherwise its own signature, or that of the local one above it.',
    )
    .action(async (authority: string, file: string | undefined, options: TargetOptions & ValidityOptions) => {
      const certificate = file === undefined ? undefined : (await readAll(file)).toString()
      const input = { ...validityOf(options), ...(certificate !== undefined && { certificate }) }
      printAuthority(options, await withClient(options, ({ keys }) => keys.renewAuthority(authority, input)))
    })

  addTrustOptions(addSettingOptions(addTargetOptions(authorities.command('set <authority>'))))
    .description('Change how a local authority issues from now on, or whom an authority lets in.')
    .option('--enable')
    .addOption(new Option('--disable', 'it issues nothing; it revokes still').conflicts('enable'))
    .action(
      async (
        authority: string,
        options: TargetOptions &
          SettingOptions &
          TrustOptions & { readonly enable?: true; readonly disable?: true },
      ) => {
        const changes = {
          ...issuingOf(options),
          ...(options.enable && { enabled: true }),
          ...(options.disable && { enabled: false }),
          ...trustOf(options),
        }
        printAuthority(
          options,
          await withClient(options, ({ keys }) => keys.setAuthority(authority, changes)),
        )
      },
    )

  addTargetOptions(authorities.command('delete <authority>'))
    .description('Delete an authority with its key, for ever, whatever it has issued.')
    .action(async (authority: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.deleteAuthority(authority))
    })

  const crls = program.command('crl').description('Certificate revocation lists.')

  addTargetOptions(crls.command('create <authority>'))
    .description('Make the next CRL of an authority now. A server makes them of itself.')
    .option('--out <file>', 'write it there, as DER')
    .action(async (authority: string, options: OutOptions) => {
      await printCrl(options, await withClient(options, ({ keys }) => keys.createCrl(authority)))
    })

  addTargetOptions(crls.command('get <authority>'))
    .description('The newest CRL of an authority.')
    .option('--number <number>', 'the one of this number', wholeNumber)
    .option('--out <file>', 'write it there, as DER')
    .action(async (authority: string, options: OutOptions & { readonly number?: number }) => {
      await printCrl(options, await withClient(options, ({ keys }) => keys.crl(authority, options.number)))
    })
}

const uses = ['clients', 'users']

function collectUse(text: string, before?: readonly string[]): readonly string[] {
  if (uses.includes(text)) return collect(text, before)
  throw new InvalidArgumentError(`it must be ${uses.join(' or ')}`)
}

function addTrustOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--trust <use>', 'may be repeated: what certificates below it are good for here')
        .choices(uses)
        .argParser(collectUse),
    )
    .option('--no-trust', 'they are good for nothing here')
}

function trustOf({ trust }: TrustOptions) {
  if (trust === undefined) return {}
  const given = trust === false ? [] : trust
  return { trust: { clients: given.includes('clients'), users: given.includes('users') } }
}

function printAuthority(options: TargetOptions, info: AuthorityInfo): void {
  print(options, info, () => overview(info))
}

function overview({ request: _, certificate, chain, ...info }: AuthorityInfo): string {
  return facts({ ...info, certificates: (certificate === null ? 0 : 1) + chain.length })
}

async function printCrl(options: OutOptions, { der, ...info }: CrlInfo): Promise<void> {
  if (options.out !== undefined) await writePieces(options.out, Readable.from([der]))
  print(options, { ...info, der: der.toString('base64') }, () => facts(info))
}
