import { MortiseError } from '../errors/index.js'
import type { State, Usage } from '../operation/index.js'

/** What moves an object from one state to another. A revocation says whether the key is compromised. */
export type Transition = 'activate' | 'deactivate' | 'compromise' | 'destroy'

/** KMIP 2.1 section 4.57 and figure 1. What is not here is not allowed. */
export const transitions: Readonly<Record<Transition, Partial<Record<State, State>>>> = {
  activate: { PreActive: 'Active' },
  deactivate: { Active: 'Deactivated' },
  compromise: {
    PreActive: 'Compromised',
    Active: 'Compromised',
    Deactivated: 'Compromised',
    Destroyed: 'DestroyedCompromised',
  },
  destroy: { PreActive: 'Destroyed', Deactivated: 'Destroyed', Compromised: 'DestroyedCompromised' },
}

/** The states from which a transition leads somewhere. */
export function statesFor(...wanted: readonly Transition[]): readonly State[] {
  return [...new Set(wanted.flatMap((transition) => Object.keys(transitions[transition]) as State[]))]
}

/** @throws MORTISE_KEY_STATE */
export function nextState(state: State, transition: Transition): State {
  const next = transitions[transition][state]
  if (next) return next
  const hint =
    transition === 'destroy' && state === 'Active'
      ? ': revoke it first'
      : transition === 'deactivate'
        ? ': activate it first'
        : ''
  throw new MortiseError('MORTISE_KEY_STATE', `an object that is ${state} cannot ${transition}${hint}`, {
    details: { state, transition },
  })
}

/** States in which a key may protect: encrypt, sign, make a MAC (SP 800-57 part 1 section 7.3). */
export const protectStates: readonly State[] = ['Active']
/** States in which a key may process what it protected before: decrypt, verify. */
export const processStates: readonly State[] = ['Active', 'Deactivated', 'Compromised']
/** Every state in which the object still exists. */
export const livingStates: readonly State[] = ['PreActive', 'Active', 'Deactivated', 'Compromised']

/** What applies protection, which ends at the protect stop date and counts against usage limits (KMIP 2.1 section 4). */
export const protectUsages: readonly Usage[] = [
  'Sign',
  'Encrypt',
  'WrapKey',
  'MACGenerate',
  'DeriveKey',
  'KeyAgreement',
  'CertificateSign',
  'CRLSign',
]
/** What processes what was protected, which begins at the process start date. */
export const processUsages: readonly Usage[] = ['Verify', 'Decrypt', 'UnwrapKey', 'MACVerify']
