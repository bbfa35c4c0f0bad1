import type { CipherLease } from './addon.js'
import type { Exports } from './binding.js'

/** The native methods: they write into memory of the caller. */
interface NativeCipherLease extends CipherLease {
  sealInto(plaintext: Uint8Array, out: Uint8Array, aad?: Uint8Array): void
  openInto(record: Uint8Array, out: Uint8Array, aad?: Uint8Array): void
}

interface NativeLease {
  countUsed(): number
  countLeft(): number
  hasEnded(): boolean
}

const getters: PropertyDescriptorMap & ThisType<NativeLease> = {
  used: {
    get() {
      return this.countUsed()
    },
  },
  left: {
    get() {
      return this.countLeft()
    },
  },
  ended: {
    get() {
      return this.hasEnded()
    },
  },
}

/**
 * Adds what C++ leaves to JavaScript: methods that answer a new Buffer, which is allocated ten times faster here than
 * through Node-API, and getters, whose objects Node-API would not check.
 */
export function completeLeases(exports: Exports): void {
  Object.defineProperties(exports.CipherLease.prototype, getters)
  Object.defineProperties(exports.SignerLease.prototype, getters)
  Object.defineProperties(exports.CipherLease.prototype, { seal: { value: seal }, open: { value: open } })
}

function seal(this: NativeCipherLease, plaintext: Uint8Array, aad?: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(sizeOf(plaintext) + this.overhead)
  this.sealInto(plaintext, out, aad)
  return out
}

function open(this: NativeCipherLease, record: Uint8Array, aad?: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(Math.max(0, sizeOf(record) - this.overhead))
  this.openInto(record, out, aad)
  return out
}

/** 0 for what is no Uint8Array: the native call names the fault. */
function sizeOf(bytes: Uint8Array): number {
  return bytes instanceof Uint8Array ? bytes.length : 0
}
