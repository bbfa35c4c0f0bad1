/**
 * `error`: what is looked at must not be issued so. `warning`: it should not be, and there may be a reason. `notice`: some who
 * read it may stumble.
 */
export type Severity = 'error' | 'warning' | 'notice'

/** One thing that is looked at before something is issued. */
export interface Lint<T> {
  /** Kebab case, and unique among the lints of one kind. */
  readonly name: string
  readonly severity: Severity
  /** Where it is said. */
  readonly citation: string
  /** What is wrong, in words; undefined where nothing is. */
  find(subject: T): string | undefined
}

export interface Finding {
  /** Of the lint. */
  readonly name: string
  readonly severity: Severity
  readonly citation: string
  readonly text: string
}

/** What all of the lints find. */
export function findings<T>(lints: readonly Lint<T>[], subject: T): readonly Finding[] {
  return lints.flatMap((lint) => {
    const text = lint.find(subject)
    return text === undefined
      ? []
      : [{ name: lint.name, severity: lint.severity, citation: lint.citation, text }]
  })
}

/** What somebody else wrote, to stand in a text. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text)
}
