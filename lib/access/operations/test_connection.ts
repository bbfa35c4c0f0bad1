import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { Connection, ConnectionKind } from '../connections.js'
import type { Finding, Login, TestResult } from '../login.js'
import type { AccessServices } from '../services.js'
import { requireAdministrator } from './cover.js'

export interface TestConnectionInput {
  readonly connection: string
  /** Who would log in: its name. Default nobody. */
  readonly user?: string
}

/** What came of a test. */
export interface ConnectionTest {
  readonly connection: string
  /** Whether nothing was found wrong. */
  readonly ok: boolean
  readonly findings: readonly Finding[]
}

/**
 * Asks whoever a connection asks, as a login does, and says what comes of it; never with anybody's password. Only an administrator
 * may.
 *
 * @throws MORTISE_CONNECTION_NOT_FOUND, MORTISE_INPUT_INVALID for a kind that nobody is asked of, MORTISE_ACCESS_DENIED
 */
export const testConnection: SystemOperation<AccessServices, TestConnectionInput, ConnectionTest> = {
  name: 'TestConnection',
  permission: 'PrincipalManage',
  durability: 'written',
  async prepare(services, actor, input) {
    requireAdministrator(actor, 'sees what proves people')
    const connection = await services.connections.find(input.connection)
    const tested = await test(services, connection, input.user)
    const linked = tested.subject === undefined ? [] : [await linkOf(services, connection, tested.subject)]
    const findings = [...tested.findings, ...linked]
    const ok = findings.every((finding) => finding.ok)
    return {
      answer: { connection: connection.name, ok, findings },
      detail: { connection: connection.name, ok, ...(input.user !== undefined && { user: input.user }) },
    }
  },
}

function test<Kind extends ConnectionKind>(
  { logins }: AccessServices,
  connection: Connection<Kind>,
  user: string | undefined,
): Promise<TestResult> {
  const login: Login<Kind> | undefined = logins[connection.kind]
  if (login?.test) return login.test(connection, user)
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `nobody is asked by a connection of the kind ${connection.kind}`,
  )
}

async function linkOf(
  { identities, principals }: AccessServices,
  { name, registers }: Connection,
  subject: string,
): Promise<Finding> {
  const id = await identities.principalOf(name, subject)
  const principal = id === undefined ? undefined : await principals.get(id)
  if (principal) return { check: 'principal', ok: true, detail: `${subject} is ${principal.name}` }
  return {
    check: 'principal',
    ok: registers,
    detail: registers
      ? `${subject} is registered with its first login`
      : `${subject} is not linked: mortise user link NAME ${name} ${subject}`,
  }
}
