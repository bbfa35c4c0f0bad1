import Type, { type Static } from 'typebox'
import type { Session } from '../../core/index.js'
import { enumOf, exactly } from '../http/index.js'
import { dateOf } from './dates.js'
import { extrasOf, labelVendor } from './key_shape.js'

/** What people say of a key: dates, labels and aliases, which are attributes of the object. */

const date = (description: string) => Type.Optional(Type.String({ description }))
const aliasSchema = exactly({
  alias: Type.String(),
  type: Type.Optional(enumOf(['string', 'uri'])),
  index: Type.Optional(Type.Integer()),
})
export const dateFields = {
  activationDate: date('A date of RFC 3339'),
  processStartDate: date('The same'),
  protectStopDate: date('The same'),
  deactivationDate: date('The same'),
}
export const aliases = Type.Optional(Type.Array(aliasSchema))
type Alias = Static<typeof aliasSchema>

export function datesOf(given: { readonly [name in keyof typeof dateFields]?: string }) {
  const names = {
    activationDate: 'ActivationDate',
    processStartDate: 'ProcessStartDate',
    protectStopDate: 'ProtectStopDate',
    deactivationDate: 'DeactivationDate',
  } as const
  return Object.fromEntries(
    (Object.keys(names) as (keyof typeof names)[]).flatMap((name) => {
      const date = given[name]
      return date === undefined ? [] : [[names[name], new Date(dateOf(name, date)).toISOString()]]
    }),
  )
}

export function labelOf(name: string, value: string) {
  return { vendor: labelVendor, name, type: 'text', value }
}

export function aliasOf({ alias, type }: Alias) {
  return { type: type === 'uri' ? 'URI' : 'UninterpretedTextString', value: alias }
}

/** Sets and removes labels; aliases, where they are given, take the place of those that there are. */
export async function setLabels(
  session: Session,
  id: string,
  labels: Readonly<Record<string, string | null>>,
  wanted: readonly Alias[] | undefined,
): Promise<void> {
  const stored = await session.attributes(id, ['VendorAttribute', 'AlternativeName'])
  const present = extrasOf(stored).labels ?? {}
  for (const [name, value] of Object.entries(labels)) {
    const before = Object.hasOwn(present, name) ? present[name] : undefined
    if (before === value || (before === undefined && value === null)) continue
    if (before !== undefined) await session.deleteAttribute(id, 'VendorAttribute', labelOf(name, before))
    if (value !== null) await session.addAttribute(id, 'VendorAttribute', labelOf(name, value))
  }
  if (!wanted) return
  const others = (stored.AlternativeName ?? []) as readonly ReturnType<typeof aliasOf>[]
  const next = wanted.map(aliasOf)
  const isIn = (list: readonly ReturnType<typeof aliasOf>[], { type, value }: ReturnType<typeof aliasOf>) =>
    list.some((one) => one.type === type && one.value === value)
  for (const one of others) if (!isIn(next, one)) await session.deleteAttribute(id, 'AlternativeName', one)
  for (const one of next) if (!isIn(others, one)) await session.addAttribute(id, 'AlternativeName', one)
}
