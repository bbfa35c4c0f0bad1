import { FileSink } from './file_sink.js'
import type { Sink } from './sink.js'
import { syslogSink } from './syslog_sink.js'

export { SinkCursors } from './cursors.js'
export { beginNow, Delivery, type SinkHealth } from './delivery.js'
export { reasonOf, type Sink } from './sink.js'

/** Where every record of the audit trail is delivered to. None of it by default. */
export interface SinkOptions {
  /** A file that lines of JSON are appended to. */
  readonly file?: string | undefined
  /** `udp://HOST:PORT`, `tcp://HOST:PORT` or `tls://HOST:PORT` of a receiver of syslog. */
  readonly syslog?: string | undefined
  /** File with the certificates (PEM) that a receiver over TLS is checked against. Default: those that Node trusts. */
  readonly syslogAuthority?: string | undefined
}

/** @throws MORTISE_CONFIG_INVALID */
export function sinksOf({ file, syslog, syslogAuthority }: SinkOptions): readonly Sink[] {
  return [
    ...(file === undefined ? [] : [new FileSink(file)]),
    ...(syslog === undefined ? [] : [syslogSink(syslog, syslogAuthority)]),
  ]
}
