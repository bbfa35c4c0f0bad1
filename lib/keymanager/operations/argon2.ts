import { hashRaw } from '@node-rs/argon2'
import { MortiseError } from '../../errors/index.js'
import { native } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { KeymanagerServices } from '../services.js'

export interface KeymanagerArgon2Input {
  /** At most 64 KiB. */
  readonly data: Uint8Array
  /** 8 to 1,024 bytes. Default 16 random ones. */
  readonly salt?: Uint8Array | undefined
}

/** As MOSIP has it: argon2id (RFC 9106), 10 passes over 64 MiB in two lanes. */
const cost = { timeCost: 10, memoryCost: 65_536, parallelism: 2, outputLen: 32 }
const longest = 65_536

/** A slow hash of what few could be, with its salt. */
export const keymanagerArgon2: SystemOperation<
  KeymanagerServices,
  KeymanagerArgon2Input,
  { readonly hash: Buffer; readonly salt: Uint8Array }
> = {
  name: 'KeymanagerArgon2',
  permission: 'Query',
  durability: 'written',
  async prepare(_services, _actor, { data, salt: given }) {
    const salt = given ?? Buffer.alloc(16)
    if (!given) native.randomFill(salt)
    if (data.length > longest || salt.length < 8 || salt.length > 1024)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'a salt has 8 to 1,024 bytes, the data 65,536 at most')
    return { answer: { hash: await hashRaw(data, { ...cost, salt: Buffer.from(salt) }), salt } }
  },
}
