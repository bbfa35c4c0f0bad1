const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 section 6, without padding: what authenticator apps take, and what people can type. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let left = 0
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    left += 8
    while (left >= 5) {
      left -= 5
      text += alphabet[(bits >>> left) & 31]
    }
    bits &= (1 << left) - 1
  }
  return left === 0 ? text : text + alphabet[(bits << (5 - left)) & 31]
}
