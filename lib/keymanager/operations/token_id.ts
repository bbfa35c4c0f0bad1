import { hash } from 'node:crypto'
import { livingStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { KeymanagerServices } from '../services.js'

const digits = 36

export interface KeymanagerTokenIdInput {
  /** Id of the public key of ROOT: who may encrypt with all keys may name people. */
  readonly root: string
  /** Of whom. */
  readonly uin: string
  /** For whom. */
  readonly partner: string
  readonly salts: TokenSalts
}

/** What token ids are made with: whoever has it and a UIN has the token ids. */
export interface TokenSalts {
  readonly uin: string
  readonly partner: string
}

/** What a partner calls somebody by, whom it cannot tell the UIN of from it: 36 decimal digits. */
export const keymanagerTokenId: ObjectOperation<KeymanagerServices, KeymanagerTokenIdInput, string> = {
  name: 'KeymanagerTokenId',
  permission: 'Encrypt',
  durability: 'written',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare(_services, _actor, { uin, partner, salts }) {
    const text = digest(salts.partner + partner + digest(uin + salts.uin))
    // The characters are read as the bytes of a number.
    const number = BigInt(`0x${Buffer.from(text).toString('hex')}`)
    return { answer: number.toString().slice(0, digits), detail: { partner } }
  },
}

/** SHA-256 twice, in capitals. */
function digest(text: string): string {
  return hash('sha256', hash('sha256', text, 'buffer')).toUpperCase()
}
