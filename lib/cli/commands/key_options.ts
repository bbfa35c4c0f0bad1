import { type Command, Option } from 'commander'
import {
  type AttributeValue,
  type AttributeValues,
  attributeNames,
  type ObjectInfo,
  usageMask,
} from '../../core/index.js'
import { collect } from '../input.js'
import { facts, print } from '../output.js'
import { addTargetOptions, type TargetOptions } from '../target.js'

/** What whoever makes a key may say of it. */
export interface AttributeOptions extends TargetOptions {
  readonly name?: string
  readonly description?: string
  readonly extractable?: true
  readonly sensitive?: true
  readonly callerIv?: true
  readonly inactive?: true
  readonly provider?: string
  readonly attribute?: AttributeValues
}

export function addAttributeOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--name <name>', 'unique name')
    .option('--description <text>')
    .option('--extractable', 'the key may be exported')
    .option('--sensitive', 'though extractable, it leaves wrapped only')
    .option('--caller-iv', 'callers may choose the IV that they encrypt under')
    .option('--provider <token>', 'the token that it is to live on, or software')
    .option('--inactive', 'PreActive until it is activated')
    .addOption(attributeOption())
}

export function usageOption(flag = '--usage'): Option {
  return new Option(`${flag} <usage>`, `may be repeated: ${Object.keys(usageMask).join(', ')}`).argParser(
    collect,
  )
}

/** An attribute of an object that is being made: `Name=value`. Given several times, the values of a name are its instances. */
export function attributeOption(): Option {
  return new Option(
    '--attribute <name=value>',
    `may be repeated; structures are JSON. Names: ${attributeNames.join(', ')}`,
  ).argParser((text: string, before: Record<string, AttributeValue | AttributeValue[]> = {}) => {
    const [name = '', ...rest] = text.split('=')
    const value = valueFrom(rest.join('='))
    const present = before[name]
    return { ...before, [name]: present === undefined ? value : [present, value].flat() }
  })
}

/** JSON where it is a structure, a number, true or false; text otherwise. */
export function valueFrom(text: string): AttributeValue {
  if (!/^(\{.*\}|-?\d{1,15}|true|false)$/s.test(text)) return text
  try {
    return JSON.parse(text) as AttributeValue
  } catch {
    return text
  }
}

export function attributesOf({
  name,
  description,
  extractable,
  sensitive,
  callerIv,
  inactive,
  provider,
  attribute,
}: AttributeOptions) {
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(extractable && { extractable }),
    ...(sensitive && { sensitive }),
    ...(callerIv && { callerIv }),
    ...(inactive && { activate: false }),
    ...(provider !== undefined && { provider }),
    ...(attribute && { attributes: attribute }),
  }
}

export function printInfo(options: TargetOptions, info: ObjectInfo): void {
  print(options, info, () => factsOf(info))
}

export function factsOf(info: ObjectInfo): string {
  return facts({ ...info })
}
