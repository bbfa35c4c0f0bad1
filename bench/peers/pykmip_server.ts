import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Server } from '../harness/index.js'

/** Where a TLS server's certificate, its key and the certificate of the root lie. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  readonly root: string
}

/** Debian's PyKMIP server (python3-pykmip), with its database in a file of the directory. */
export function pykmipServer(directory: string, files: TlsFiles): Promise<Server> {
  const config = join(directory, 'pykmip.conf')
  return Server.startProgram('pykmip-server', (port) => {
    const settings = {
      hostname: '127.0.0.1',
      port,
      certificate_path: files.certificate,
      key_path: files.key,
      ca_path: files.root,
      auth_suite: 'TLS1.2',
      policy_path: directory,
      enable_tls_client_auth: 'True',
      logging_level: 'ERROR',
      database_path: join(directory, 'pykmip.db'),
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(config, `[server]\n${lines.join('')}`)
    return ['-f', config, '-l', join(directory, 'pykmip.log')]
  })
}
