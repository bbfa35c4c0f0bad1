import type { preValidationHookHandler } from 'fastify'

/** Which fields of a query or body are other than texts. */
export interface Fields {
  readonly flags?: readonly string[]
  readonly integers?: readonly string[]
  /** One text with commas, or the parameter several times. */
  readonly lists?: readonly string[]
}

/** Reads a query as its clients write it, before it is validated: `True` and `False`, lists with commas; an empty text is none. */
export function readQuery({ flags = [], integers = [], lists = [] }: Fields): preValidationHookHandler {
  return (request, _reply, done) => {
    const query = request.query as Record<string, unknown>
    for (const [name, value] of Object.entries(query)) {
      if (value === '') delete query[name]
      else if (flags.includes(name)) query[name] = flagOf(value)
      else if (integers.includes(name)) query[name] = integerOf(value)
      else if (lists.includes(name)) query[name] = listOf(value)
    }
    done()
  }
}

/**
 * The same for a body, where booleans may be texts; a body that was left out has nothing in it.
 *
 * @param flags `outer.inner` for what stands deeper
 */
export function readBody({ flags = [] }: Pick<Fields, 'flags'> = {}): preValidationHookHandler {
  const paths = flags.map((flag) => flag.split('.'))
  return (request, _reply, done) => {
    request.body ??= {}
    for (const path of paths) {
      const name = path.at(-1) as string
      const holder = path
        .slice(0, -1)
        .reduce<unknown>((node, key) => isObject(node) && node[key], request.body)
      if (isObject(holder) && Object.hasOwn(holder, name)) holder[name] = flagOf(holder[name])
    }
    done()
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Python's and everybody's booleans; anything else stays for the validation to refuse. */
function flagOf(value: unknown): unknown {
  const text = typeof value === 'string' ? value.toLowerCase() : undefined
  return text === 'true' || text === 'false' ? text === 'true' : value
}

function integerOf(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
}

function listOf(value: unknown): string[] {
  const texts = Array.isArray(value) ? value : [value]
  return texts.flatMap((text) => String(text).split(',')).filter((text) => text !== '')
}
