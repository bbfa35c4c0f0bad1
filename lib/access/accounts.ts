import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { Clock, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { normalDistinguishedName } from './distinguished_name.js'
import { checkedChoice, checkedMetadata, checkedText, folded, type Metadata } from './text.js'

/** Key: principal id. */
const namespace = 'account'
/** Key: the subject in its normal form; value: the principal id. So one subject is of one principal. */
const subjectNamespace = 'certificate-subject'

/** Ways to log in that an account can be limited to. */
export const loginMethods = ['password', 'certificate', 'password_with_certificate', 'oidc', 'ldap'] as const
export type LoginMethod = (typeof loginMethods)[number]

/** OAuth clients that one may log in through: an application without a registration, without and with a secret. */
export const clientTypes = ['unregistered', 'public', 'confidential'] as const
export type ClientType = (typeof clientTypes)[number]

/** The person or service behind a principal. What each request needs of it is on the principal. */
export interface Account {
  readonly fullName: string | null
  /** What a person would rather be called. Undefined on what was written before this was kept. */
  readonly nickname?: string | null
  readonly email: string | null
  /** Its user sees and changes it. */
  readonly userMetadata: Metadata
  /** Hidden from its user. */
  readonly appMetadata: Metadata
  /** Subject of the certificate that logs it in (RFC 4514), or null. */
  readonly certificateSubject: string | null
  /** How it may log in: null for every way, none for no way. As the next one it holds for no administrator that does not expire. */
  readonly methods: readonly LoginMethod[] | null
  /** Through which clients: null for all, none for none. */
  readonly clientTypes: readonly ClientType[] | null
  /** Whether it is refused at the web interface. */
  readonly preventUiLogin: boolean
  /** Name of its password policy; null for the one of everybody. */
  readonly passwordPolicy: string | null
  /** `connection|subject` by which it was made: `local_account` and its id, unless it came from outside. */
  readonly origin: string
  /** Milliseconds since 1970; null for what was made before this was kept. */
  readonly created: number | null
  readonly updated: number | null
}

/** What whoever manages principals may say of an account. Undefined fields have their default, or stay as they are. */
export interface AccountFields {
  /** 1 to 255 characters. Default null. */
  readonly fullName?: string | null
  /** 1 to 255 characters. Default null. */
  readonly nickname?: string | null
  /** 1 to 255 characters. Default null. */
  readonly email?: string | null
  /** Each at most 64 KiB as JSON. Default empty. */
  readonly userMetadata?: Metadata
  readonly appMetadata?: Metadata
  /** Default null. */
  readonly certificateSubject?: string | null
  /** Default null. */
  readonly methods?: readonly LoginMethod[] | null
  /** Default null. */
  readonly clientTypes?: readonly ClientType[] | null
  /** Default false. */
  readonly preventUiLogin?: boolean
  /** Default null. */
  readonly passwordPolicy?: string | null
}

const fieldNames: readonly (keyof AccountFields)[] = [
  'fullName',
  'nickname',
  'email',
  'userMetadata',
  'appMetadata',
  'certificateSubject',
  'methods',
  'clientTypes',
  'preventUiLogin',
  'passwordPolicy',
]

/** Whether anything of an account is to be changed. */
export function changesAccount(fields: AccountFields): boolean {
  return fieldNames.some((name) => fields[name] !== undefined)
}

/** What is kept of people beside their principals. */
export class Accounts {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #records: RecordReader<Account>
  readonly #subjects: RecordReader<{ readonly id: string }>

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#barrier = barrier
    this.#clock = clock
    this.#records = new RecordReader(store, barrier, namespace)
    this.#subjects = new RecordReader(store, barrier, subjectNamespace)
  }

  /**
   * As the store has it now; with every default for a principal that was registered before accounts were kept.
   *
   * @param principal its id
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async read(principal: string): Promise<Stored<Account>> {
    return (await this.#records.read(principal)) ?? { key: principal, version: 0, value: blank(principal) }
  }

  /** The id of the principal that a certificate of this subject logs in, in whatever order its parts are. */
  async idOfSubject(subject: string): Promise<string | undefined> {
    return (await this.#subjects.read(normalDistinguishedName(subject)))?.value.id
  }

  /** The ids of all that a certificate logs in. */
  async *certified(): AsyncGenerator<string> {
    for await (const { value } of this.#subjects.all()) yield value.id
  }

  /**
   * A new account, and the rows that keep it.
   *
   * @param origin `connection|subject`
   * @throws MORTISE_INPUT_INVALID, MORTISE_PRINCIPAL_EXISTS for a certificate subject of somebody else
   */
  create(principal: string, fields: AccountFields, origin?: string): Promise<RecordWrite[]> {
    const fresh = { ...blank(principal), created: this.#clock.now(), ...(origin !== undefined && { origin }) }
    return this.change({ key: principal, version: 0, value: fresh }, fields)
  }

  /**
   * The rows that change an account.
   *
   * @throws MORTISE_INPUT_INVALID, MORTISE_PRINCIPAL_EXISTS for a certificate subject of somebody else
   */
  async change(
    { key, version, value: before }: Stored<Account>,
    fields: AccountFields,
  ): Promise<RecordWrite[]> {
    const given = <Name extends keyof AccountFields>(name: Name) =>
      (fields[name] === undefined ? before[name] : fields[name]) as Account[Name]
    const methods = given('methods')
    const types = given('clientTypes')
    const account: Account = {
      ...before,
      fullName: checkedText('a full name', given('fullName')),
      nickname: checkedText('a nickname', given('nickname') ?? null),
      email: checkedText('an e-mail address', given('email')),
      userMetadata: checkedMetadata(given('userMetadata')),
      appMetadata: checkedMetadata(given('appMetadata')),
      certificateSubject: given('certificateSubject'),
      methods: methods && checkedMethods(methods),
      clientTypes: types && checkedChoice('type of client', clientTypes, types),
      preventUiLogin: given('preventUiLogin'),
      passwordPolicy: given('passwordPolicy'),
      updated: this.#clock.now(),
    }
    const identity = { namespace, key, version: version + 1, expires: null, index: indexOf(account) }
    return [writeRecord(this.#barrier, identity, account), ...(await this.#subjectRows(key, before, account))]
  }

  /** The rows that remove everything of an account. */
  async remove(principal: string): Promise<RecordWrite[]> {
    const stored = await this.#records.read(principal)
    if (!stored) return []
    const { certificateSubject } = stored.value
    return [
      { remove: { namespace, key: principal, version: stored.version } },
      ...(certificateSubject === null ? [] : [unsubject(certificateSubject)]),
    ]
  }

  async #subjectRows(principal: string, before: Account, after: Account): Promise<RecordWrite[]> {
    const [old, fresh] = [before, after].map(({ certificateSubject: subject }) =>
      subject === null ? undefined : normalDistinguishedName(subject),
    )
    if (old === fresh) return []
    const rows = old === undefined ? [] : [unsubject(old)]
    if (fresh === undefined) return rows
    if (await this.#subjects.read(fresh)) {
      throw new MortiseError(
        'MORTISE_PRINCIPAL_EXISTS',
        'the certificate subject is that of another principal',
      )
    }
    const identity = { namespace: subjectNamespace, key: fresh, version: 1, expires: null, index: {} }
    return [...rows, writeRecord(this.#barrier, identity, { id: principal })]
  }
}

/** For each of some ways, the values of the index field `methods` of accounts that may not log in so. @throws MORTISE_INPUT_INVALID */
export function methodTextsWithout(wanted: readonly LoginMethod[]): string[][] {
  return checkedChoice('way to log in', loginMethods, wanted).map((one) => textsWithout(loginMethods, one))
}

/** The same of `clients`. */
export function clientTextsWithout(wanted: readonly ClientType[]): string[][] {
  return checkedChoice('type of client', clientTypes, wanted).map((one) => textsWithout(clientTypes, one))
}

function indexOf({
  fullName,
  email,
  methods,
  clientTypes: types,
  passwordPolicy,
}: Account): Record<string, string> {
  return {
    ...(fullName !== null && { fullName: folded(fullName) }),
    ...(email !== null && { email: folded(email) }),
    methods: choiceText(methods),
    clients: choiceText(types),
    ...(passwordPolicy !== null && { policy: passwordPolicy }),
  }
}

/** A choice is one value of the index, so that an account takes one row of it; whoever searches names all that do not fit. */
function choiceText(chosen: readonly string[] | null): string {
  if (chosen === null) return 'all'
  return chosen.length === 0 ? 'none' : chosen.join()
}

/** Of every choice without one of them in it. */
function textsWithout<Value extends string>(known: readonly Value[], wanted: Value): string[] {
  const choices: Value[][] = [[]]
  for (const one of known) choices.push(...choices.map((few) => [...few, one]))
  return choices.filter((choice) => !choice.includes(wanted)).map((choice) => choiceText(choice))
}

function checkedMethods(given: readonly LoginMethod[]): LoginMethod[] {
  const methods = checkedChoice('way to log in', loginMethods, given)
  if (
    methods.includes('password_with_certificate') &&
    methods.some((one) => one === 'password' || one === 'certificate')
  ) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'password_with_certificate asks for both: it does not go with password or certificate alone',
    )
  }
  return methods
}

function blank(principal: string): Account {
  return {
    fullName: null,
    nickname: null,
    email: null,
    userMetadata: {},
    appMetadata: {},
    certificateSubject: null,
    methods: null,
    clientTypes: null,
    preventUiLogin: false,
    passwordPolicy: null,
    origin: `local_account|${principal}`,
    created: null,
    updated: null,
  }
}

function unsubject(subject: string): RecordWrite {
  return { remove: { namespace: subjectNamespace, key: normalDistinguishedName(subject) } }
}
