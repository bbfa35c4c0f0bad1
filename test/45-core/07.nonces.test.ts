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

/** Seals records and bare ciphertexts through leases of a key manager elsewhere. */
async function sealThere(remote: Remote, key: string, nonces: Nonces): Promise<void> {
  for (let lease = 0; lease < 3; lease++) {
    nonces.add(key, ...((await remote.call('ann', 'sealThroughLease', key, 500)) as Uint8Array[]))
    const bare = (await remote.call('ann', 'sealThroughLease', key, 500, 'gcm')) as Uint8Array[]
    for (const ciphertext of bare) nonces.addBare(key, ciphertext)
  }
}

/** The same until it is killed, which is as soon as the first of it has come. */
async function sealUntilKilled(remote: Remote, key: string, nonces: Nonces): Promise<void> {
  await sealThere(remote, key, nonces)
  const more = sealThere(remote, key, nonces).catch(() => 'gone')
  await remote.kill()
  await more
}

/**
 * Records and bare ciphertexts, through leases and one by one: from a key manager of this thread and those of another thread and
 * of three processes, one of which is killed at it.
 */
async function seal(t: Test, house: KeyHouse, keys: readonly string[], nonces: Nonces): Promise<void> {
  const ann = await house.as('ann')
  const remotes = [
    await Remote.process(t, house),
    await Remote.process(t, house),
    await Remote.thread(t, house),
  ]
  const killed = await Remote.process(t, house)
  await Promise.all(
    keys.flatMap((key, i) => [
      ...remotes.map((remote) => sealThere(remote, key, nonces)),
      ...(i === 0 ? [sealUntilKilled(killed, key, nonces)] : []),
      ...Array.from({ length: 2 }, async () => {
        const cipher = await ann.openCipher(key)
        nonces.add(key, ...cipher.sealBatch(Array.from({ length: 500 }, () => Buffer.from('data'))))
        for (let one = 0; one < 100; one++) nonces.add(key, cipher.seal(Buffer.from('data')))
        await cipher.close()
        const bare = await ann.openCipher(key, ['encrypt'], { format: 'gcm' })
        for (const ciphertext of await bare.sealBatchAsync(
          Array.from({ length: 500 }, () => Buffer.from('data')),
        ))
          nonces.addBare(key, ciphertext)
        for (let one = 0; one < 100; one++) nonces.addBare(key, bare.seal(Buffer.from('data')))
        await bare.close()
      }),
      ...Array.from({ length: 50 }, async () => {
        nonces.add(key, await ann.encrypt(key, Buffer.from('data')))
        nonces.addBare(key, await ann.encrypt(key, Buffer.from('data'), { format: 'gcm' }))
        const { iv } = await ann.encryptInMode(key, Buffer.from('data'), { mode: 'GCM' })
        nonces.addBare(key, iv as Buffer)
      }),
    ]),
  )
  for (const remote of remotes) await remote.close()
}

t.test(
  'no nonce comes twice: over leases, threads, processes, kills, copies of the directory and a way back',
  async (t) => {
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
  },
)
