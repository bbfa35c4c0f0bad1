import { cp } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { KeyHouse } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

/** The nonce of a record of Mortise's. */
function nonceOf(record: Uint8Array): string {
  return Buffer.from(record).toString('hex', 5, record[0] === 1 ? 29 : 17)
}

/** Records through leases and one by one, from a key manager of this process and from two of other processes. */
async function seal(t: Test, house: KeyHouse, keys: readonly string[]): Promise<Uint8Array[]> {
  const ann = await house.as('ann')
  const remotes = [await Remote.process(t, house), await Remote.process(t, house)]
  const records: Uint8Array[] = []
  await Promise.all(
    keys.flatMap((key) => [
      ...remotes.map(async (remote) => {
        for (let lease = 0; lease < 3; lease++) {
          records.push(...((await remote.call('ann', 'sealThroughLease', key, 500)) as Uint8Array[]))
        }
      }),
      ...Array.from({ length: 2 }, async () => {
        const cipher = await ann.openCipher(key)
        records.push(...cipher.sealBatch(Array.from({ length: 500 }, () => Buffer.from('data'))))
        for (let one = 0; one < 100; one++) records.push(cipher.seal(Buffer.from('data')))
        await cipher.close()
      }),
      ...Array.from({ length: 50 }, async () => records.push(await ann.encrypt(key, Buffer.from('data')))),
    ]),
  )
  for (const remote of remotes) await remote.close()
  return records
}

t.test('no nonce comes twice: over leases, processes, and copies of the directory', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const keys = [
    (await ann.createKey({ algorithm: 'AES', length: 256 })).id,
    (await ann.createKey({ algorithm: 'AES', length: 128 })).id,
  ]
  const records = await seal(t, house, keys)

  // As a snapshot of a disk does it: the same store goes on twice from the same point.
  const copy = `${house.directory}-copy`
  await house.close()
  await cp(house.directory, copy, { recursive: true })
  const there = await KeyHouse.at(t, copy, { hex: house.rootKey })
  records.push(...(await seal(t, there, keys)))
  const again = await KeyHouse.at(t, house.directory, { hex: house.rootKey })
  records.push(...(await seal(t, again, keys)))

  t.equal(new Set(records.map(nonceOf)).size, records.length, `${records.length} records`)
})
