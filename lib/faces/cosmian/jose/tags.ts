import Type from 'typebox'
import type { Session } from '../../../core/index.js'
import { isMortiseError } from '../../../errors/index.js'
import { type App, exactly } from '../../http/index.js'

const tags = ['cosmian JOSE']
const params = Type.Object({ kid: Type.String({ description: 'Id or name' }) })
const body = exactly({
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 255, pattern: '^[^_]' }), { maxItems: 100 }),
})
const tagged = Type.Object({ kid: Type.String(), tags: Type.Array(Type.String()) })
/** A tag as KMIP's clients of Cosmian have it: the vendor attribute `tag` of the vendor `cosmian`. */
const attributeOf = (value: string) => ({ vendor: 'cosmian', name: 'tag', type: 'text', value })

/** Words by which keys are found. */
export function joseTagRoutes(app: App): void {
  app.get(
    '/keys/:kid/tags',
    {
      schema: {
        tags,
        operationId: 'joseListTags',
        summary: 'The tags of a key',
        params,
        response: { 200: tagged },
      },
    },
    async ({ session, params }) => tagsOf(session, params.kid),
  )

  app.post(
    '/keys/:kid/tags',
    {
      schema: {
        tags,
        operationId: 'joseAddTags',
        summary: 'Give a key tags',
        params,
        body,
        response: { 200: tagged },
      },
    },
    async ({ session, params, body }) => {
      for (const tag of body.tags)
        await session
          .addAttribute(params.kid, 'VendorAttribute', attributeOf(tag))
          .catch(unless('MORTISE_ATTRIBUTE_EXISTS'))
      return tagsOf(session, params.kid)
    },
  )

  app.delete(
    '/keys/:kid/tags',
    {
      schema: {
        tags,
        operationId: 'joseDeleteTags',
        summary: 'Take tags from a key',
        params,
        body,
        response: { 200: tagged },
      },
    },
    async ({ session, params, body }) => {
      for (const tag of body.tags)
        await session
          .deleteAttribute(params.kid, 'VendorAttribute', attributeOf(tag))
          .catch(unless('MORTISE_ATTRIBUTE_NOT_FOUND'))
      return tagsOf(session, params.kid)
    },
  )
}

function unless(code: 'MORTISE_ATTRIBUTE_EXISTS' | 'MORTISE_ATTRIBUTE_NOT_FOUND') {
  return (error: unknown) => {
    if (!isMortiseError(error, code)) throw error
  }
}

async function tagsOf(session: Session, kid: string) {
  const { id, attributes } = await session.getAttributes(kid, ['VendorAttribute'])
  const all = (attributes.VendorAttribute ?? []) as readonly {
    vendor: string
    name: string
    value: unknown
  }[]
  return {
    kid: id,
    tags: all
      .filter(({ vendor, name }) => vendor === 'cosmian' && name === 'tag')
      .map(({ value }) => String(value)),
  }
}
