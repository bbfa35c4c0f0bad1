import { Readable } from 'node:stream'
import { type Command, Option } from 'commander'
import {
  type CertificateInfo,
  type CertificatePage,
  type CertificateReason,
  type CertificateState,
  certificateReasons,
  certificateStates,
  type PairFormat,
  type ProfileFields,
  pairFormats,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import {
  addKeyOptions,
  addNameOptions,
  addValidityOptions,
  type KeyOptions,
  keyOf,
  moment,
  type NameOptions,
  namesOf,
  type ValidityOptions,
  validityOf,
} from '../certificate_options.js'
import { readAll, readSecret, wholeNumber } from '../input.js'
import { facts, print, table } from '../output.js'
import { addSkipOptions, mentionRest, type SkipOptions, skipOf } from '../paging.js'
import { writePieces } from '../sink.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface FilterOptions {
  readonly subject?: string
  readonly commonName?: string
  readonly name?: string
  readonly serial?: string
  readonly fingerprint?: string
}

type IssueOptions = TargetOptions &
  ValidityOptions &
  NameOptions & {
    readonly profile: string
    readonly subject?: string
    readonly pathLength?: number
    readonly name?: string
    readonly publicKey?: true
    readonly dryRun?: true
  }

type CreateOptions = TargetOptions &
  KeyOptions &
  ValidityOptions &
  NameOptions & {
    readonly profile: string
    readonly subject: string
    readonly name?: string
    readonly out: string
    readonly format: PairFormat
    readonly password: boolean
  }

type RequestOptions = TargetOptions &
  KeyOptions &
  NameOptions & { readonly subject: string; readonly password?: true; readonly keyOut?: string }

export function certificateCommands(program: Command): void {
  const certificates = program.command('cert').description('Certificates that authorities issue.')

  addNameOptions(addValidityOptions(addTargetOptions(certificates.command('issue <authority> [file]'))))
    .description('Issue a certificate for a request (PKCS#10 as PEM, from a file or standard input).')
    .option('--profile <name>', 'server, client, ca, ocsp-signer, code-signing or one of your own', 'server')
    .option('--subject <name>', 'RFC 4514; default that of the request')
    .option('--path-length <number>', 'of an authority: how many may follow below it', wholeNumber)
    .option('--name <name>', 'what it is called here')
    .option('--public-key', 'the file is a public key (SPKI as PEM), not a request')
    .option('--dry-run', 'build it and look at it, and issue nothing')
    .action(async (authority: string, file: string | undefined, options: IssueOptions) => {
      const text = (await readAll(file)).toString()
      const { profile, subject, pathLength, name } = options
      const input = {
        profile,
        ...(options.publicKey ? { publicKey: text } : { request: text }),
        ...validityOf(options),
        ...namesOf(options),
        ...(subject !== undefined && { subject }),
        ...(pathLength !== undefined && { pathLength }),
        ...(name !== undefined && { name }),
      }
      await withClient(options, async ({ keys }) => {
        const prepared = await keys.prepareCertificate(authority, input)
        for (const warning of prepared.warnings) process.stderr.write(`mortise: ${warning}\n`)
        if (options.dryRun) {
          const { token: _, ...shown } = prepared
          return print(options, shown, () => facts(shown))
        }
        const issued = await keys.issueCertificate(authority, prepared.token)
        print(options, issued, () => issued.certificate ?? '')
      })
    })

  addNameOptions(
    addKeyOptions(addValidityOptions(addTargetOptions(certificates.command('create <authority>')))),
  )
    .description('Make a key, issue its certificate, and write the key to a file; it is kept nowhere else.')
    .option('--profile <name>', 'server, client, ca, ocsp-signer, code-signing or one of your own', 'server')
    .requiredOption('--subject <name>', 'RFC 4514: CN=www.example.org')
    .option('--name <name>', 'what it is called here')
    .requiredOption('--out <file>', 'of mode 0600; the certificate and those above it are printed')
    .addOption(
      new Option('--format <format>', 'pkcs12: with the certificates; pkcs8: the key alone as PEM')
        .choices(pairFormats)
        .default('pkcs12'),
    )
    .option('--no-password', 'do not ask for a password: PKCS#8 in the clear')
    .action(async (authority: string, options: CreateOptions) => {
      const { profile, subject, name, format } = options
      const password = options.password ? await readSecret('Password: ') : undefined
      const input = {
        ...{ profile, subject },
        ...validityOf(options),
        ...namesOf(options),
        ...(name !== undefined && { name }),
      }
      const kind = { ...keyOf(options), format, ...(password !== undefined && { password }) }
      const { key, ...issued } = await withClient(options, ({ keys }) =>
        keys.certifyPair(authority, input, kind),
      )
      await writePieces(options.out, Readable.from([key]))
      print(options, issued, () => [issued.certificate.certificate, ...issued.chain].join(''))
    })

  addFilterOptions(addSkipOptions(certificates.command('list <authority>')))
    .description('What an authority has issued.')
    .addOption(new Option('--state <state>').choices(certificateStates))
    .option('--expires-by <date>', 'ISO 8601: what is valid now and not any more by then', moment)
    .action(
      async (
        authority: string,
        options: SkipOptions &
          FilterOptions & { readonly state?: CertificateState; readonly expiresBy?: number },
      ) => {
        const { state, expiresBy } = options
        const query = {
          ...skipOf(options),
          ...filterOf(options),
          ...(state && { state }),
          ...(expiresBy !== undefined && { expiresBy }),
        }
        printPage(options, await withClient(options, ({ keys }) => keys.certificates(authority, query)))
      },
    )

  addFilterOptions(addSkipOptions(certificates.command('find')))
    .description('Certificates of all authorities.')
    .action(async (options: SkipOptions & FilterOptions) => {
      const query = { ...skipOf(options), ...filterOf(options) }
      printPage(options, await withClient(options, ({ keys }) => keys.findCertificates(query)))
    })

  addTargetOptions(certificates.command('get <authority> <certificate>'))
    .description('One certificate; with --pem it alone.')
    .option('--pem')
    .action(async (authority: string, id: string, options: TargetOptions & { readonly pem?: true }) => {
      const info = await withClient(options, ({ keys }) => keys.getCertificate(authority, id))
      print(options, info, () => (options.pem ? (info.certificate ?? '') : overview(info)))
    })

  addTargetOptions(certificates.command('revoke <authority> <certificate>'))
    .description('Revoke a certificate for ever or, with certificateHold, until it is resumed.')
    .addOption(new Option('--reason <reason>').choices(certificateReasons).default('unspecified'))
    .option('--invalid-since <date>', 'ISO 8601: since when the key was in other hands', moment)
    .action(
      async (
        authority: string,
        id: string,
        options: TargetOptions & { readonly reason: CertificateReason; readonly invalidSince?: number },
      ) => {
        const { reason, invalidSince } = options
        const more = invalidSince === undefined ? {} : { invalidityDate: invalidSince }
        printCertificate(
          options,
          await withClient(options, ({ keys }) => keys.revokeCertificate(authority, id, reason, more)),
        )
      },
    )

  addTargetOptions(certificates.command('resume <authority> <certificate>'))
    .description('Take back that a certificate is on hold.')
    .action(async (authority: string, id: string, options: TargetOptions) => {
      printCertificate(
        options,
        await withClient(options, ({ keys }) => keys.resumeCertificate(authority, id)),
      )
    })

  addTargetOptions(certificates.command('delete <authority> <certificate>'))
    .description('Take a certificate off the lists; what it is worth stays.')
    .action(async (authority: string, id: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.deleteCertificate(authority, id))
    })

  const profiles = certificates.command('profile').description('What kinds of certificates there are.')

  addTargetOptions(profiles.command('list'))
    .description('The profiles that there are.')
    .action(async (options: TargetOptions) => {
      const all = await withClient(options, ({ keys }) => keys.certificateProfiles())
      print(options, { profiles: all }, () =>
        table(
          ['NAME', 'FROM', 'USAGES', 'DAYS', 'DESCRIPTION'],
          all.map(({ name, origin, keyUsage, extendedKeyUsage, days, description }) => [
            name,
            origin,
            [...keyUsage, ...extendedKeyUsage].join(', '),
            days,
            description,
          ]),
        ),
      )
    })

  addTargetOptions(profiles.command('set <name> [file]'))
    .description('Make or change a profile: its fields as JSON, from a file or standard input.')
    .action(async (name: string, file: string | undefined, options: TargetOptions) => {
      const fields = parsed((await readAll(file)).toString())
      const profile = await withClient(options, ({ keys }) => keys.setCertificateProfile(name, fields))
      print(options, profile, () => facts({ ...profile }))
    })

  addTargetOptions(profiles.command('delete <name>'))
    .description('Delete a profile; what was issued by it stays.')
    .action(async (name: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.deleteCertificateProfile(name))
    })

  const requests = program.command('csr').description('Requests to be certified.')

  addNameOptions(addKeyOptions(addTargetOptions(requests.command('create'))))
    .description('Make a key and print the request to certify it; neither is kept.')
    .requiredOption('--subject <name>', 'RFC 4514: CN=www.example.org')
    .option('--key-out <file>', 'write the private key there, of mode 0600; otherwise it follows the request')
    .option('--password', 'encrypt the private key with a password, typed or from standard input')
    .action(async (options: RequestOptions) => {
      const password = options.password ? await readSecret('Password: ') : undefined
      const input = {
        subject: options.subject,
        ...keyOf(options),
        ...namesOf(options),
        ...(password !== undefined && { password }),
      }
      const made = await withClient(options, ({ keys }) => keys.createCertificateRequest(input))
      if (options.keyOut === undefined) {
        return print(options, made, () => made.request + made.privateKey)
      }
      await writePieces(options.keyOut, Readable.from([Buffer.from(made.privateKey)]))
      print(options, { request: made.request }, () => made.request)
    })
}

/** The core checks what is in it. */
function parsed(text: string): ProfileFields {
  try {
    return JSON.parse(text)
  } catch {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the fields of a profile are a JSON object')
  }
}

function addFilterOptions(command: Command): Command {
  return command
    .option('--subject <name>', 'RFC 4514')
    .option('--common-name <name>')
    .option('--name <name>', 'what it is called here')
    .option('--serial <hex>')
    .option('--fingerprint <hex>', 'SHA-256')
}

function filterOf({ subject, commonName, name, serial, fingerprint }: FilterOptions): FilterOptions {
  return {
    ...(subject !== undefined && { subject }),
    ...(commonName !== undefined && { commonName }),
    ...(name !== undefined && { name }),
    ...(serial !== undefined && { serial }),
    ...(fingerprint !== undefined && { fingerprint }),
  }
}

function printPage(options: SkipOptions, page: CertificatePage): void {
  print(options, page, () =>
    table(
      ['ID', 'STATE', 'PROFILE', 'SUBJECT', 'SERIAL', 'NOT AFTER'],
      page.certificates.map(({ id, state, profile, subject, serial, notAfter }) => [
        id,
        state,
        profile,
        subject,
        serial,
        notAfter,
      ]),
    ),
  )
  mentionRest(options, page, page.certificates.length)
}

function printCertificate(options: TargetOptions, info: CertificateInfo): void {
  print(options, info, () => overview(info))
}

function overview({ certificate: _, ...info }: CertificateInfo): string {
  return facts({ ...info })
}
