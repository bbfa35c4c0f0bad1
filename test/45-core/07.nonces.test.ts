import { cp, rm } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { KeyHouse } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

/** Each nonce with the key that it was used with; a record of Mortise's tells where it is, a bare one begins with it. */
class Nonces {
  readonly #seen = new Set<string>()
  #count = 0

  add(key: string, ...records: readonly Uint8Array[]): void {
    for (const record of records)
      this.#add(key, Buffer.from(record).toString('hex', 5, record[0] === 1 ? 29 : 17))
  }

  addBare(key: string, ciphertext: Uint8Array): void {
    this.#add(key, Buffer.from(ciphertext).toString('hex', 0, 12))
  }

  check(t: Test): void {
    t.equal(this.#seen.size, this.#count, `${this.#count} nonces, all of them different`)
  }

  #add(key: string, nonce: string): void {
    this.#count++
    this.#seen.add(`${key} ${nonce}`)
  }
}

/** Records through leases and one by one, from a key manager of this process and from two of other processes. */
async function seal(t: Test, house: KeyHouse, keys: readonly string[], nonces: Nonces): Promise<void> {
  const ann = await house.as('ann')
  const remotes = [await Remote.process(t, house), await Remote.process(t, house)]
  await Promise.all(
    keys.flatMap((key) => [
      ...remotes.map(async (remote) => {
        for (let lease = 0; lease < 3; lease++) {
          nonces.add(key, ...((await remote.call('ann', 'sealThroughLease', key, 500)) as Uint8Array[]))
        }
      }),
      ...Array.from({ length: 2 }, async () => {
        const cipher = await ann.openCipher(key)
        nonces.add(key, ...cipher.sealBatch(Array.from({ length: 500 }, () => Buffer.from('data'))))
        for (let one = 0; one < 100; one++) nonces.add(key, cipher.seal(Buffer.from('data')))
        await cipher.close()
      }),
      ...Array.from({ length: 50 }, async () => {
        nonces.add(key, await ann.encrypt(key, Buffer.from('data')))
        nonces.addBare(key, await ann.encrypt(key, Buffer.from('data'), { format: 'gcm' }))
      }),
    ]),
  )
  for (const remote of remotes) await remote.close()
}

t.test('no nonce comes twice: over leases, processes, copies of the directory and a way back', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const keys = [
    (await ann.createKey({ algorithm: 'AES', length: 256 })).id,
    (await ann.createKey({ algorithm: 'AES', length: 128 })).id,
  ]
  const nonces = new Nonces()
  const hex = house.rootKey
  await house.close()
  const [first, second] = [`${house.directory}-first`, `${house.directory}-second`]
  for (const copy of [first, second]) await cp(house.directory, copy, { recursive: true })

  const before = await KeyHouse.at(t, house.directory, { hex })
  await seal(t, before, keys, nonces)
  await before.close()
  // Rolled back, as by the snapshot of a disk.
  await rm(house.directory, { recursive: true })
  await cp(first, house.directory, { recursive: true })
  await seal(t, await KeyHouse.at(t, house.directory, { hex }), keys, nonces)
  // Copied, and both of them opened at the same time.
  await Promise.all(
    [first, second].map(async (copy) => seal(t, await KeyHouse.at(t, copy, { hex }), keys, nonces)),
  )
  nonces.check(t)
})
