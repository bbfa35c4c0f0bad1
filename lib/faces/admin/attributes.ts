import Type from 'typebox'
import {
  type AttributeName,
  type AttributeValue,
  type AttributeValues,
  attributeNames,
} from '../../core/index.js'
import { type App, enumOf } from '../http/index.js'
import { attributeValues, exactly, objectParams } from './schemas.js'

const tags = ['attributes']
const name = enumOf<AttributeName>(attributeNames, { description: 'KMIP’s name' })
const value = (description: string) => Type.Unsafe<AttributeValue>({ description })
const answer = Type.Object({ id: Type.String(), attributes: attributeValues })

export function attributeRoutes(app: App): void {
  app.get(
    '/keys/:id/attributes',
    {
      schema: {
        tags,
        operationId: 'getAttributes',
        summary: 'The attributes of an object, by KMIP’s names',
        params: objectParams,
        querystring: exactly({
          names: Type.Optional(Type.String({ description: 'Those that are asked for, separated by commas' })),
        }),
        response: { 200: Type.Object({ attributes: attributeValues }) },
      },
    },
    async ({ session, params, query }) => {
      const names = query.names?.split(',') as AttributeName[] | undefined
      return { attributes: (await session.attributes(params.id, names)) as AttributeValues }
    },
  )

  app.get(
    '/keys/:id/attributes/names',
    {
      schema: {
        tags,
        operationId: 'getAttributeNames',
        summary: 'The names of the attributes that an object has',
        params: objectParams,
        response: { 200: Type.Object({ names: Type.Array(name) }) },
      },
    },
    async ({ session, params }) => ({ names: [...(await session.attributeNames(params.id))] }),
  )

  app.post(
    '/keys/:id/attributes/add',
    {
      schema: {
        tags,
        operationId: 'addAttribute',
        summary: 'Give an object an attribute, or another instance of one that it may have several of',
        params: objectParams,
        body: exactly({ name, value: value('The value of one instance') }),
        response: { 200: answer },
      },
    },
    async ({ session, params, body }) => session.addAttribute(params.id, body.name, body.value),
  )

  app.post(
    '/keys/:id/attributes/modify',
    {
      schema: {
        tags,
        operationId: 'modifyAttribute',
        summary: 'Replace an attribute that the object has',
        params: objectParams,
        body: exactly({
          name,
          value: value('The new value'),
          current: Type.Optional(value('The instance that is replaced, where there are several')),
        }),
        response: { 200: answer },
      },
    },
    async ({ session, params, body }) =>
      session.modifyAttribute(params.id, body.name, body.value, body.current),
  )

  app.post(
    '/keys/:id/attributes/set',
    {
      schema: {
        tags,
        operationId: 'setAttribute',
        summary: 'Give an object an attribute of one instance, whether it has it or not',
        params: objectParams,
        body: exactly({ name, value: value('The value') }),
        response: { 200: answer },
      },
    },
    async ({ session, params, body }) => session.setAttribute(params.id, body.name, body.value),
  )

  app.post(
    '/keys/:id/attributes/delete',
    {
      schema: {
        tags,
        operationId: 'deleteAttribute',
        summary: 'Take an attribute, or one instance of it, from an object',
        params: objectParams,
        body: exactly({ name, value: Type.Optional(value('The instance. All of them by default')) }),
        response: { 200: answer },
      },
    },
    async ({ session, params, body }) => session.deleteAttribute(params.id, body.name, body.value),
  )

  app.post(
    '/keys/:id/usage-allocation',
    {
      schema: {
        tags,
        operationId: 'getUsageAllocation',
        summary: 'Take a part of the usage limits of a key for use elsewhere',
        params: objectParams,
        body: exactly({ count: Type.Integer({ minimum: 1, description: 'In the unit of the limits' }) }),
        response: { 200: Type.Object({ id: Type.String(), count: Type.Integer() }) },
      },
    },
    async ({ session, params, body }) => session.getUsageAllocation(params.id, body.count),
  )
}
