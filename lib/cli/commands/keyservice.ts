import type { Command } from 'commander'
import { facts, print, table } from '../output.js'
import { addTargetOptions, settingsOf, type TargetOptions, withClient } from '../target.js'

interface AddOptions extends TargetOptions {
  readonly namespace: string[]
  readonly from: string[]
}

export function keyserviceCommands(program: Command): void {
  const keyservice = program
    .command('keyservice')
    .description('Secrets of users of real services, which never see them (docs/keyservice.md).')

  addTargetOptions(keyservice.command('add-service <key-id>'))
    .description('Register a real service, and print the secret that it shares with the keyservice, once.')
    .requiredOption('--namespace <names...>', 'whose users it may connect')
    .requiredOption('--from <networks...>', 'addresses or networks that it asks from: 192.0.2.0/24')
    .action(async (keyId: string, { namespace, from, ...options }: AddOptions) => {
      const input = { keyId, namespaces: namespace, allowFrom: from }
      const added = await withClient(options, ({ keys }) => keys.addKeyserviceService(input))
      print(options, added, () => facts({ 'Key id': added.keyId, Secret: added.secret }))
      if (options.url === undefined && !settingsOf(options).faces.keyservice)
        process.stderr.write('mortise: the keyservice is off: serve with --faces-keyservice true\n')
    })

  addTargetOptions(keyservice.command('restore <namespace> <user>'))
    .description(
      'Put an older version of what a user keeps in the place of the present one, which is kept. Nobody sees either.',
    )
    .option('--key-version <number>', 'default the newest of the older ones', Number)
    .action(
      async (
        namespace: string,
        user: string,
        { keyVersion, ...options }: TargetOptions & { readonly keyVersion?: number },
      ) => {
        const restored = await withClient(options, ({ keys }) =>
          keys.restoreKeyservice(namespace, user, keyVersion),
        )
        print(options, restored, () =>
          [
            `version ${restored.restored} is back, as version ${restored.version}`,
            table(
              ['OLDER', 'REPLACED'],
              restored.older.map((one) => [one.version, one.replaced]),
            ),
          ].join('\n'),
        )
      },
    )

  addTargetOptions(keyservice.command('forget <namespace> <user>'))
    .description('End the sessions of a user, and destroy what it keeps in all its versions.')
    .action(async (namespace: string, user: string, options: TargetOptions) => {
      const forgotten = await withClient(options, ({ keys }) => keys.forgetKeyservice(namespace, user))
      print(options, forgotten, () => `forgotten, with ${forgotten.sessions} sessions`)
    })
}
