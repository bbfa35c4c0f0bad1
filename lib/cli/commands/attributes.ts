import { type Command, Option } from 'commander'
import {
  type AttributeName,
  type AttributesAnswer,
  type AttributeValues,
  dataTypes,
} from '../../core/index.js'
import { readAll } from '../input.js'
import { facts, print } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'
import { attributeOption, printInfo, valueFrom } from './key_options.js'

interface RegisterOptions extends TargetOptions {
  readonly type: (typeof dataTypes)[number]
  readonly name?: string
  readonly secretDataType?: 'Password' | 'Seed'
  readonly opaqueDataType?: string
  readonly attribute?: AttributeValues
}

/** Commands below `mortise keys` about attributes, archived objects, and objects that are no keys. */
export function attributeCommands(keys: Command): void {
  const attributes = keys
    .command('attributes')
    .description('Read and change the attributes of a key, by KMIP’s names.')

  addTargetOptions(attributes.command('get <key> [name...]'))
    .description('Show the attributes of a key: those that are named, or all that it has.')
    .action(async (key: string, names: AttributeName[], options: TargetOptions) => {
      const values = await withClient(options, ({ keys }) =>
        keys.attributes(key, names.length > 0 ? names : undefined),
      )
      print(options, values, () => facts(flat(values)))
    })

  addTargetOptions(attributes.command('add <key> <name> <value>'))
    .description('Give a key an attribute, or another instance of it. Structures are JSON.')
    .action((key: string, name: AttributeName, value: string, options: TargetOptions) =>
      change(options, ({ keys }) => keys.addAttribute(key, name, valueFrom(value))),
    )

  addTargetOptions(attributes.command('set <key> <name> <value>'))
    .description('Give a key an attribute of one instance, whether it has it or not.')
    .action((key: string, name: AttributeName, value: string, options: TargetOptions) =>
      change(options, ({ keys }) => keys.setAttribute(key, name, valueFrom(value))),
    )

  addTargetOptions(attributes.command('modify <key> <name> <value>'))
    .description('Replace an attribute that a key has.')
    .option('--current <value>', 'the instance that is replaced, where there are several')
    .action(
      (
        key: string,
        name: AttributeName,
        value: string,
        options: TargetOptions & { readonly current?: string },
      ) =>
        change(options, ({ keys }) =>
          keys.modifyAttribute(
            key,
            name,
            valueFrom(value),
            options.current === undefined ? undefined : valueFrom(options.current),
          ),
        ),
    )

  addTargetOptions(attributes.command('delete <key> <name> [value]'))
    .description('Take an attribute from a key, or the one instance that is given.')
    .action((key: string, name: AttributeName, value: string | undefined, options: TargetOptions) =>
      change(options, ({ keys }) =>
        keys.deleteAttribute(key, name, value === undefined ? undefined : valueFrom(value)),
      ),
    )

  addTargetOptions(keys.command('archive <key>'))
    .description('Take a key out of use until it is recovered.')
    .action(async (key: string, options: TargetOptions) => {
      printInfo(options, await withClient(options, ({ keys }) => keys.archive(key)))
    })

  addTargetOptions(keys.command('recover <key>'))
    .description('Bring an archived key back.')
    .action(async (key: string, options: TargetOptions) => {
      printInfo(options, await withClient(options, ({ keys }) => keys.recover(key)))
    })

  addTargetOptions(keys.command('register [file]'))
    .description('Take in a certificate, secret data or an opaque object from a file or standard input.')
    .addOption(new Option('--type <type>').choices(dataTypes).makeOptionMandatory())
    .option('--name <name>', 'unique name')
    .addOption(new Option('--secret-data-type <type>').choices(['Password', 'Seed']))
    .option('--opaque-data-type <text>', 'what the bytes of an opaque object are')
    .addOption(attributeOption())
    .action(async (file: string | undefined, options: RegisterOptions) => {
      const { type, name, secretDataType, opaqueDataType, attribute } = options
      const material = await readAll(file)
      try {
        const input = {
          type,
          material,
          ...(name !== undefined && { name }),
          ...(secretDataType && { secretDataType }),
          ...(opaqueDataType !== undefined && { opaqueDataType }),
          ...(attribute && { attributes: attribute }),
        }
        printInfo(options, await withClient(options, ({ keys }) => keys.registerObject(input)))
      } finally {
        material.fill(0)
      }
    })
}

async function change(
  options: TargetOptions,
  work: Parameters<typeof withClient<AttributesAnswer>>[1],
): Promise<void> {
  const answer = await withClient(options, work)
  print(options, answer, () => facts({ id: answer.id, ...flat(answer.attributes) }))
}

/** Several instances in one text. */
function flat(values: AttributeValues): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) && value.some((one) => typeof one === 'object') ? JSON.stringify(value) : value,
    ]),
  )
}
