/** From the outermost to the innermost. */
const usual = ['C', 'ST', 'L', 'O', 'OU', 'CN']

/**
 * A distinguished name (RFC 4514) with its parts in the order C, ST, L, O, OU, CN, whatever else after them, each kind as it was given.
 *
 * @param name of an account, which is well formed
 */
export function orderedSubject(name: string): string {
  const parts = (name.match(/(?:\\.|[^,\\])+/gs) ?? []).map((part) => {
    const [type = '', ...value] = part.trim().split('=')
    return { type: type.trim().toUpperCase(), value: value.join('=').trim() }
  })
  const place = ({ type }: { readonly type: string }) =>
    usual.includes(type) ? usual.indexOf(type) : usual.length
  return parts
    .sort((a, b) => place(a) - place(b))
    .map(({ type, value }) => `${type}=${value}`)
    .join()
}
