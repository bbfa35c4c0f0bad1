import { type Command, Option } from 'commander'
import {
  type LocateInput,
  objectTypes,
  type RekeyInput,
  type RevocationReason,
  revocationReasons,
  states,
  type Usage,
} from '../../core/index.js'
import { days, wholeNumber } from '../input.js'
import { print, table } from '../output.js'
import { addPageOptions, pageOf, printPage } from '../paging.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'
import { attributeCommands } from './attributes.js'
import { keyMaterialCommands } from './key_material.js'
import {
  type AttributeOptions,
  addAttributeOptions,
  attributesOf,
  factsOf,
  printInfo,
  usageOption,
} from './key_options.js'
import { locateCommand } from './locate.js'
import { rotationCommands } from './rotation.js'

interface KeyOptions extends AttributeOptions {
  readonly algorithm: string
  readonly length?: number
  readonly usage?: readonly Usage[]
}

interface PairOptions extends AttributeOptions {
  readonly algorithm: string
  readonly length?: number
  readonly curve?: string
  readonly publicName?: string
  readonly privateUsage?: readonly Usage[]
  readonly publicUsage?: readonly Usage[]
}

type RekeyOptions = TargetOptions & Pick<RekeyInput, 'offset' | 'length' | 'curve'>

type ListOptions = TargetOptions & LocateInput

export function keyCommands(program: Command): void {
  const keys = program.command('keys').description('Make, find and govern keys.')
  rotationCommands(keys)

  addAttributeOptions(keys.command('create'))
    .description('Make a symmetric key.')
    .option('--algorithm <name>', 'AES, HMAC-SHA-256, HMAC-SHA-384 or HMAC-SHA-512', 'AES')
    .option('--length <bits>', 'length in bits', wholeNumber)
    .addOption(usageOption())
    .action(async (options: KeyOptions) => {
      const { algorithm, length, usage } = options
      const input = {
        algorithm,
        ...(length !== undefined && { length }),
        ...(usage && { usage }),
        ...attributesOf(options),
      }
      printInfo(options, await withClient(options, ({ keys }) => keys.createKey(input)))
    })

  addAttributeOptions(keys.command('create-pair'))
    .description('Make a private and a public key.')
    .option('--algorithm <name>', 'RSA, EC, Ed25519, Ed448, X25519 or X448', 'EC')
    .option('--length <bits>', 'length in bits, of RSA', wholeNumber)
    .option('--curve <name>', 'P-256, P-384, P-521 or secp256k1, of EC')
    .option('--public-name <name>', 'name of the public key')
    .addOption(usageOption('--private-usage'))
    .addOption(usageOption('--public-usage'))
    .action(async (options: PairOptions) => {
      const { algorithm, length, curve, publicName, privateUsage, publicUsage } = options
      const input = {
        algorithm,
        ...(length !== undefined && { length }),
        ...(curve !== undefined && { curve }),
        ...(publicName !== undefined && { publicName }),
        ...(privateUsage && { privateUsage }),
        ...(publicUsage && { publicUsage }),
        ...attributesOf(options),
      }
      const pair = await withClient(options, ({ keys }) => keys.createKeyPair(input))
      print(options, pair, () => `${factsOf(pair.privateKey)}\n\n${factsOf(pair.publicKey)}`)
    })

  addPageOptions(keys.command('list'))
    .description('Find keys by exact attributes, oldest first.')
    .option('--name <name>')
    .addOption(new Option('--state <state>').choices(states))
    .addOption(new Option('--type <type>').choices(objectTypes))
    .option('--algorithm <name>')
    .option('--family <id>', 'all versions of one key')
    .action(async (options: ListOptions) => {
      const page = await withClient(options, ({ keys }) => keys.locate(filterOf(options)))
      printPage(options, page, () =>
        table(
          ['ID', 'NAME', 'TYPE', 'ALGORITHM', 'BITS', 'STATE', 'VERSION'],
          page.items.map((key) => [
            key.id,
            key.name,
            key.type,
            key.algorithm,
            key.length,
            key.state,
            key.keyVersion,
          ]),
        ),
      )
    })

  addTargetOptions(keys.command('get <key>'))
    .description('Show what is known of a key, by id or name.')
    .action(async (key: string, options: TargetOptions) => {
      printInfo(options, await withClient(options, ({ keys }) => keys.get(key)))
    })

  keyMaterialCommands(keys)

  addTargetOptions(keys.command('activate <key>'))
    .description('Make a PreActive key usable.')
    .action(async (key: string, options: TargetOptions) => {
      printInfo(options, await withClient(options, ({ keys }) => keys.activate(key)))
    })

  addTargetOptions(keys.command('revoke <key>'))
    .description('End the use of a key: it still decrypts and verifies.')
    .addOption(new Option('--reason <reason>').choices(Object.keys(revocationReasons)).default('Unspecified'))
    .option('--message <text>')
    .action(
      async (
        key: string,
        options: TargetOptions & { readonly reason: RevocationReason; readonly message?: string },
      ) => {
        const { reason, message } = options
        printInfo(options, await withClient(options, ({ keys }) => keys.revoke(key, reason, message)))
      },
    )

  addTargetOptions(keys.command('destroy <key>'))
    .description('Destroy a key for ever. An Active one must be revoked first.')
    .option(
      '--after <days>',
      '7d to 30d: cannot be used from now on, and can be recovered until then; 0 for at once',
      days,
    )
    .action(async (key: string, options: TargetOptions & { readonly after?: number }) => {
      const { after } = options
      const when = after === undefined ? {} : { afterDays: after }
      printInfo(options, await withClient(options, ({ keys }) => keys.destroy(key, when)))
    })

  addTargetOptions(keys.command('cancel-destroy <key>'))
    .description('Take back a destruction that is scheduled.')
    .action(async (key: string, options: TargetOptions) => {
      printInfo(options, await withClient(options, ({ keys }) => keys.cancelDestroy(key)))
    })

  locateCommand(keys)
  attributeCommands(keys)

  addTargetOptions(keys.command('rekey <key>'))
    .description(
      'Make the next version of a key: the name moves to it, old versions still decrypt and verify.',
    )
    .option('--offset <duration>', 'from now to its activation, for instance 7d; default: Active as before')
    .option('--length <bits>', 'length in bits, if another', wholeNumber)
    .option('--curve <name>', 'curve, if another')
    .action(async (key: string, options: RekeyOptions) => {
      const { offset, length, curve } = options
      const wanted = {
        ...(offset !== undefined && { offset }),
        ...(length !== undefined && { length }),
        ...(curve !== undefined && { curve }),
      }
      const answer = await withClient(options, ({ keys }) => keys.rekey(key, wanted))
      print(options, answer, () => factsOf(answer.replacement))
    })
}

function filterOf({ name, state, type, algorithm, family, ...page }: ListOptions): LocateInput {
  return {
    ...(name !== undefined && { name }),
    ...(state && { state }),
    ...(type && { type }),
    ...(algorithm !== undefined && { algorithm }),
    ...(family !== undefined && { family }),
    ...pageOf(page),
  }
}
