/** Where an attempt to ask a directory can fail. */
export type DirectoryStep = 'connect' | 'tls' | 'bind' | 'search'

/** A directory that did not answer as one does: it says nothing about anybody's password. */
export class DirectoryFault extends Error {
  readonly step: DirectoryStep

  constructor(step: DirectoryStep, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DirectoryFault'
    this.step = step
  }
}

export function late(step: DirectoryStep, cause: unknown): DirectoryFault {
  return new DirectoryFault(step, 'the directory did not answer in time', { cause })
}
