import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type LocateInput,
  linkTypes,
  type ObjectType,
  objectTypes,
  type State,
  states,
  type Usage,
  usageMask,
} from '../../core/index.js'
import { collect, wholeNumber } from '../input.js'
import { table } from '../output.js'
import { addPageOptions, type PageOptions, printPage } from '../paging.js'
import { withClient } from '../target.js'
import { valueFrom } from './key_options.js'

type Pair = readonly [name: string, value: string | undefined]

interface LocateOptions extends PageOptions {
  readonly name?: string
  readonly state?: State
  readonly type?: ObjectType
  readonly algorithm?: string
  readonly length?: number
  readonly family?: string
  readonly owner?: string
  readonly usage?: readonly Usage[]
  readonly group?: string
  readonly link?: Pair
  readonly alternativeName?: string
  readonly application?: Pair
  readonly vendorAttribute?: Pair
  readonly digest?: string
  readonly subject?: string
  readonly issuer?: string
  readonly serial?: string
  readonly storage?: 'online' | 'archived' | 'destroyed'
  readonly createdFrom?: string
  readonly createdTo?: string
  readonly deactivatedFrom?: string
  readonly deactivatedTo?: string
  readonly offset?: number
}

export function locateCommand(keys: Command): void {
  addPageOptions(keys.command('locate'))
    .description(
      'Find objects by their attributes, oldest first. Texts are matched exactly, and all must match.',
    )
    .option('--name <name>')
    .addOption(new Option('--state <state>').choices(states))
    .addOption(new Option('--type <type>').choices(objectTypes))
    .option('--algorithm <name>')
    .option('--length <bits>', 'length in bits', wholeNumber)
    .option('--family <id>', 'all versions of one key')
    .option('--owner <id>', 'principal id')
    .addOption(
      new Option('--usage <usage>', 'may be repeated: all of them')
        .choices(Object.keys(usageMask))
        .argParser(collect),
    )
    .option('--group <name>', 'object group')
    .option('--link <type=id>', `what links to an object: ${linkTypes.join(', ')}`, pair)
    .option('--alternative-name <text>')
    .option('--application <namespace[=data]>', 'application specific information', pair)
    .option('--vendor-attribute <name[=value]>', 'an attribute of a client’s own', pair)
    .option('--digest <hex>', 'SHA-256 of a certificate or public key')
    .option('--subject <name>', 'of a certificate')
    .option('--issuer <name>', 'of a certificate')
    .option('--serial <hex>', 'of a certificate')
    .addOption(new Option('--storage <status>').choices(['online', 'archived', 'destroyed']))
    .option('--created-from <date>', 'ISO 8601')
    .option('--created-to <date>', 'before it')
    .option('--deactivated-from <date>', 'was or will be deactivated from then on')
    .option('--deactivated-to <date>', 'before it')
    .option('--offset <number>', 'how many to pass over', wholeNumber)
    .action(async (options: LocateOptions) => {
      const page = await withClient(options, ({ keys }) => keys.locate(inputOf(options)))
      printPage(options, page, () =>
        table(
          ['ID', 'NAME', 'TYPE', 'ALGORITHM', 'BITS', 'STATE'],
          page.items.map(({ id, name, type, algorithm, length, state }) => [
            id,
            name,
            type,
            algorithm,
            length,
            state,
          ]),
        ),
      )
    })
}

function pair(text: string): Pair {
  const [name = '', ...rest] = text.split('=')
  if (name === '') throw new InvalidArgumentError('it begins with a name')
  return [name, rest.length === 0 ? undefined : rest.join('=')]
}

function inputOf(options: LocateOptions): LocateInput {
  const { link, application, vendorAttribute: vendor, subject, issuer, serial } = options
  const certificate = defined({ subject, issuer, serial })
  const created = defined({ from: options.createdFrom, to: options.createdTo })
  const deactivated = defined({ from: options.deactivatedFrom, to: options.deactivatedTo })
  const { name, state, type, algorithm, length, family, owner, usage, group, alternativeName } = options
  const { digest, storage, limit, offset, after } = options
  return defined({
    ...{ name, state, type, algorithm, length, family, owner, usage, group, alternativeName },
    ...{ digest, storage, limit, offset, after },
    link: link && { type: link[0], object: link[1] ?? '' },
    application: application && defined({ namespace: application[0], data: application[1] }),
    vendorAttribute: vendor && defined({ name: vendor[0], value: vendor[1] && valueFrom(vendor[1]) }),
    ...(Object.keys(certificate).length > 0 && { certificate }),
    dates: defined({
      ...(Object.keys(created).length > 0 && { created }),
      ...(Object.keys(deactivated).length > 0 && { deactivated }),
    }),
  }) as LocateInput
}

/** Without the fields that were not given. */
function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}
