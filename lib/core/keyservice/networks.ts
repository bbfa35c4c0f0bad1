import { BlockList, isIP } from 'node:net'

/** An address, or a network as an address and the length of its prefix. */
export function isNetwork(text: string): boolean {
  const [address = '', length, ...more] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return (
    bits > 0 &&
    more.length === 0 &&
    (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits))
  )
}

/** Whether an address is one of some networks, or in one. */
export function isFrom(networks: readonly string[], address: string | undefined): boolean {
  const family = isIP(address ?? '') === 6 ? 'ipv6' : 'ipv4'
  if (address === undefined || isIP(address) === 0) return false
  const list = new BlockList()
  for (const network of networks) {
    const [base = '', length] = network.split('/')
    const its = isIP(base) === 6 ? 'ipv6' : 'ipv4'
    if (length === undefined) list.addAddress(base, its)
    else list.addSubnet(base, Number(length), its)
  }
  return list.check(address, family)
}
