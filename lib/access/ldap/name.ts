/**
 * A distinguished name in which `{username}` stands for a name. Whatever could mean something in it is written as bytes
 * (RFC 4514 section 2.4), so that a name never is more than one value.
 */
export function filledName(template: string, username: string): string {
  const escaped = username.replace(/[^\p{L}\p{N}@._-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
  )
  return template.replaceAll('{username}', () => escaped)
}
