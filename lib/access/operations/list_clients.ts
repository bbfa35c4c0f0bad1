import { pageLimit, type SystemOperation } from '../../operation/index.js'
import { type OAuthClient, toldClient } from '../oauth_clients.js'
import type { AccessServices } from '../services.js'
import type { PageInput } from './page.js'

export interface ClientPage {
  /** In the order of their ids. */
  readonly clients: readonly OAuthClient[]
  readonly next: string | null
}

/** @throws MORTISE_INPUT_INVALID */
export const listClients: SystemOperation<AccessServices, PageInput, ClientPage> = {
  name: 'ListClients',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare({ clock, oauthClients, principals }, _actor, input) {
    const limit = pageLimit(input)
    const page = await oauthClients.list(limit, input.after)
    const clients = await Promise.all(
      page.map(async ({ key, value }) => {
        const principal = await principals.get(key)
        // One that was deleted meanwhile.
        return principal ? [toldClient(principal, value, clock.now())] : []
      }),
    )
    const next = page.length < limit ? null : (page.at(-1)?.key ?? null)
    return { answer: { clients: clients.flat(), next }, detail: { count: page.length } }
  },
}
