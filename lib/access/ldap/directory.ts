import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { Client, type Filter, ResultCodeError } from 'ldapts'
import type { LdapSettings } from '../connection_settings.js'
import { openChannel } from './channel.js'
import { DirectoryFault, type DirectoryStep, late } from './fault.js'
import { Messages } from './messages.js'

/**
 * Results of a bind (RFC 4511 Appendix A) that are about who binds: a referral (no other server is given a password), violated
 * constraints and no such object, an invalid name, and that the credentials, the account or its state do not do.
 */
const refusals = [10, 19, 32, 34, 48, 49, 50, 53]
const noSuchObject = 32

/** Who or what is found in a directory. */
export interface Entry {
  readonly dn: string
  /** By any case, without options such as `;binary`. */
  values(attribute: string): readonly (string | Buffer)[]
}

export interface Search {
  readonly base: string
  readonly scope: 'base' | 'sub'
  readonly filter: Filter | string
  readonly attributes: readonly string[]
  /** How many are wanted: one more is answered where there are more. */
  readonly most: number
}

/** One connection to a directory, for one attempt. Referrals are not followed. */
export class Directory {
  readonly #client: Client
  readonly #channel: Socket
  readonly #deadline: AbortSignal
  /** Where a library that reconnects by itself would do so without TLS. */
  #taken = false

  private constructor(channel: Socket, deadline: AbortSignal) {
    this.#channel = channel
    this.#deadline = deadline
    this.#client = new Client({ url: 'ldap://directory', createConnection: () => this.#take() })
  }

  /**
   * @param deadline when it is closed, whatever is under way
   * @throws DirectoryFault
   */
  static async open(settings: LdapSettings, deadline: AbortSignal): Promise<Directory> {
    return new Directory(await openChannel(settings, deadline), deadline)
  }

  /** Whether a password is that of a name. Neither is empty: that would be nobody's (RFC 4513 section 5.1). @throws DirectoryFault */
  async bind(dn: string, password: string): Promise<boolean> {
    if (dn === '' || password === '') return false
    try {
      await this.#client.bind(dn, password)
      return true
    } catch (error) {
      if (error instanceof ResultCodeError && refusals.includes(error.code)) return false
      throw this.#fault('bind', error)
    }
  }

  /** Nothing, where the base is not there for whoever asks. @throws DirectoryFault */
  async find({ base, scope, filter, attributes, most }: Search): Promise<Entry[]> {
    try {
      const { searchEntries } = await this.#client.search(base, {
        scope,
        filter,
        attributes: [...attributes],
        // Of text that is none otherwise.
        explicitBufferAttributes: ['objectGUID'],
        derefAliases: 'never',
        sizeLimit: most + 1,
      })
      return searchEntries.map(entryOf)
    } catch (error) {
      if (scope === 'base' && error instanceof ResultCodeError && error.code === noSuchObject) return []
      throw this.#fault('search', error)
    }
  }

  async close(): Promise<void> {
    await this.#client.unbind().catch(() => undefined)
    this.#channel.destroy()
  }

  #fault(step: DirectoryStep, cause: unknown): DirectoryFault {
    return this.#deadline.aborted
      ? late(step, cause)
      : new DirectoryFault(step, (cause as Error).message, { cause })
  }

  #take(): Socket {
    if (this.#taken) throw new Error('the directory has closed the connection')
    this.#taken = true
    return checkedChannel(this.#channel)
  }
}

/** The channel as the library sees it: an open socket on which nothing comes but messages. */
function checkedChannel(channel: Socket): Socket {
  const messages = new Messages()
  const checked = new Duplex({
    read: () => undefined,
    write: (chunk, _encoding, done) => channel.write(chunk, done),
    final: (done) => channel.end(done),
    destroy: (error, done) => {
      channel.destroy()
      done(error)
    },
  })
  channel.on('data', (chunk: Buffer) => {
    try {
      for (const message of messages.take(chunk)) checked.push(message)
    } catch (error) {
      checked.destroy(error as Error)
    }
  })
  channel.on('error', (error) => checked.destroy(error))
  channel.on('close', () => checked.destroy())
  return Object.assign(checked, { connecting: false, readyState: 'open' }) as unknown as Socket
}

function entryOf({ dn, ...attributes }: { readonly dn: string; readonly [name: string]: Values }): Entry {
  const values = new Map<string, (string | Buffer)[]>()
  for (const [name, value] of Object.entries(attributes)) {
    const key = plain(name)
    values.set(key, [...(values.get(key) ?? []), ...(Array.isArray(value) ? value : [value])])
  }
  return { dn, values: (attribute) => values.get(plain(attribute)) ?? [] }
}

type Values = Buffer | Buffer[] | string[] | string

function plain(attribute: string): string {
  return attribute.replace(/;.*$/s, '').toLowerCase()
}
