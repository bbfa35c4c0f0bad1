import Type from 'typebox'

/** By its id: what is in certificates for years must not mean another one some day. */
export const ofAuthority = Type.Object({
  authority: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
})
