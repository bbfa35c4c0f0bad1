import type { Command } from 'commander'
import type { TokenTest } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { readSecret } from '../input.js'
import { facts, print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface ModuleOptions {
  readonly module: string
  readonly json?: true
}

interface InitOptions extends ModuleOptions {
  readonly label: string
  readonly slot?: string
}

/** What is done to tokens themselves is done by another library in this process, which has no pool. */
export function hsmCommands(program: Command): void {
  const hsm = program.command('hsm').description('Tokens in hardware, and the keys on them (docs/hsm.md).')

  hsm
    .command('list')
    .description('The tokens of a PKCS#11 module. Asks for no PIN.')
    .requiredOption('--module <path>', 'the module, a shared library')
    .option('--json', 'print the result as JSON')
    .action(async (options: ModuleOptions) => {
      const { listTokens } = await import('../token_administration.js')
      const tokens = await listTokens(options.module)
      print(options, tokens, () =>
        table(
          ['SLOT', 'LABEL', 'SERIAL', 'MANUFACTURER', 'MODEL', 'STATE'],
          tokens.map((one) => [one.slot, one.label, one.serial, one.manufacturer, one.model, one.state]),
        ),
      )
    })

  hsm
    .command('init')
    .description(
      'Make an empty token: the PINs of its security officer and its user are asked for. What is on it is lost.',
    )
    .requiredOption('--module <path>', 'the module, a shared library')
    .requiredOption('--label <text>', '1 to 32 characters, by which it is found')
    .option('--slot <number>', 'default the first with a token that was never initialised')
    .option('--json', 'print the result as JSON')
    .action(async (options: InitOptions) => {
      const { initToken } = await import('../token_administration.js')
      const officer = await newPin('PIN of the security officer: ')
      const user = await newPin('PIN of the user: ')
      const { module, label, slot } = options
      const made = await initToken(module, label, slot, officer, user)
      print(options, made, () => facts({ ...made }))
    })

  addTargetOptions(hsm.command('keys <token>'))
    .description('The keys on a token of the configuration, with their objects where they have some.')
    .action(async (token: string, options: TargetOptions) => {
      const found = await withClient(options, ({ keys }) => keys.tokenKeys(token))
      print(options, found, () =>
        table(
          ['CKA_ID', 'LABEL', 'KIND', 'TYPE', 'BITS', 'OBJECT'],
          found.map((one) => [one.id, one.label, one.kind, one.type, one.bits, one.object]),
        ),
      )
    })

  addTargetOptions(hsm.command('adopt <key>'))
    .description('Take a key of a token under management: pkcs11:token=LABEL;id=%01, or ;object=LABEL.')
    .option('--name <name>', 'unique name')
    .option('--algorithm <algorithm>', 'of a key for MACs. Default HMAC-SHA-256')
    .action(
      async (
        key: string,
        options: TargetOptions & { readonly name?: string; readonly algorithm?: string },
      ) => {
        const { name, algorithm } = options
        const input = {
          key,
          ...(name !== undefined && { name }),
          ...(algorithm !== undefined && { algorithm }),
        }
        const adopted = await withClient(options, ({ keys }) => keys.adopt(input))
        print(options, adopted, () => adopted.map((one) => facts({ ...one })).join('\n\n'))
      },
    )

  addTargetOptions(hsm.command('status'))
    .description('How the tokens of the configuration do: a session is opened on each.')
    .action(async (options: TargetOptions) => {
      const tests = await withClient(options, ({ keys }) => keys.testTokens())
      print(options, tests, () => tests.map((one) => facts({ ...one })).join('\n\n'))
    })

  addTargetOptions(hsm.command('test'))
    .description('The same in short. Exit code 1 when one does not answer.')
    .action(async (options: TargetOptions) => {
      const tests = await withClient(options, ({ keys }) => keys.testTokens())
      print(options, tests, () => table(['TOKEN', 'RESULT', 'MILLISECONDS', 'REASON'], tests.map(line)))
      if (tests.length === 0 || tests.some(({ up }) => !up)) process.exitCode = 1
    })
}

function line({ name, up, milliseconds, reason }: TokenTest) {
  return [name, up ? 'passed' : 'FAILED', milliseconds?.toFixed(1) ?? null, reason || null]
}

async function newPin(question: string): Promise<string> {
  const pin = await readSecret(question)
  if (pin === '') throw new MortiseError('MORTISE_INPUT_INVALID', 'the PIN is empty')
  if (process.stdin.isTTY && pin !== (await readSecret('Once more: ')))
    throw new MortiseError('MORTISE_INPUT_INVALID', 'the two PINs differ')
  return pin
}
