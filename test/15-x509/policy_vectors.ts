/** The policies of PKITS: 2.16.840.1.101.3.2.1.48.n. */
export function nist(...numbers: readonly number[]): string[] {
  return numbers.map((number) => `2.16.840.1.101.3.2.1.48.${number}`)
}

export interface PolicyVector {
  readonly section: string
  /** The file without `EE.crt`. */
  readonly leaf: string
  readonly initial?: readonly string[]
  readonly explicit?: boolean
  readonly inhibitMapping?: boolean
  readonly inhibitAny?: boolean
  /** The user-constrained policy set; null where the path is invalid. */
  readonly policies: readonly string[] | null
}

const any = ['2.5.29.32.0']

/** Inputs and results of sections 4.8 to 4.12 of the PKITS document. The inputs that are left out are the default ones. */
export const policyVectors: readonly PolicyVector[] = [
  { section: '4.8.1', leaf: 'ValidCertificatePathTest1', policies: nist(1) },
  { section: '4.8.1', leaf: 'ValidCertificatePathTest1', explicit: true, policies: nist(1) },
  {
    section: '4.8.1',
    leaf: 'ValidCertificatePathTest1',
    initial: nist(1),
    explicit: true,
    policies: nist(1),
  },
  { section: '4.8.1', leaf: 'ValidCertificatePathTest1', initial: nist(2), explicit: true, policies: null },
  {
    section: '4.8.1',
    leaf: 'ValidCertificatePathTest1',
    initial: nist(1, 2),
    explicit: true,
    policies: nist(1),
  },
  { section: '4.8.2', leaf: 'AllCertificatesNoPoliciesTest2', policies: [] },
  { section: '4.8.2', leaf: 'AllCertificatesNoPoliciesTest2', explicit: true, policies: null },
  { section: '4.8.3', leaf: 'DifferentPoliciesTest3', policies: [] },
  { section: '4.8.3', leaf: 'DifferentPoliciesTest3', explicit: true, policies: null },
  {
    section: '4.8.3',
    leaf: 'DifferentPoliciesTest3',
    initial: nist(1, 2),
    explicit: true,
    policies: null,
  },
  { section: '4.8.4', leaf: 'DifferentPoliciesTest4', policies: null },
  { section: '4.8.5', leaf: 'DifferentPoliciesTest5', policies: null },
  { section: '4.8.6', leaf: 'OverlappingPoliciesTest6', policies: nist(1) },
  { section: '4.8.6', leaf: 'OverlappingPoliciesTest6', initial: nist(1), policies: nist(1) },
  { section: '4.8.6', leaf: 'OverlappingPoliciesTest6', initial: nist(2), policies: null },
  { section: '4.8.7', leaf: 'DifferentPoliciesTest7', policies: null },
  { section: '4.8.8', leaf: 'DifferentPoliciesTest8', policies: null },
  { section: '4.8.9', leaf: 'DifferentPoliciesTest9', policies: null },
  { section: '4.8.10', leaf: 'AllCertificatesSamePoliciesTest10', policies: nist(1, 2) },
  { section: '4.8.10', leaf: 'AllCertificatesSamePoliciesTest10', initial: nist(1), policies: nist(1) },
  { section: '4.8.10', leaf: 'AllCertificatesSamePoliciesTest10', initial: nist(2), policies: nist(2) },
  { section: '4.8.11', leaf: 'AllCertificatesanyPolicyTest11', policies: any },
  { section: '4.8.11', leaf: 'AllCertificatesanyPolicyTest11', initial: nist(1), policies: nist(1) },
  { section: '4.8.12', leaf: 'DifferentPoliciesTest12', policies: null },
  { section: '4.8.13', leaf: 'AllCertificatesSamePoliciesTest13', initial: nist(1), policies: nist(1) },
  { section: '4.8.13', leaf: 'AllCertificatesSamePoliciesTest13', initial: nist(2), policies: nist(2) },
  { section: '4.8.13', leaf: 'AllCertificatesSamePoliciesTest13', initial: nist(3), policies: nist(3) },
  { section: '4.8.14', leaf: 'AnyPolicyTest14', initial: nist(1), policies: nist(1) },
  { section: '4.8.14', leaf: 'AnyPolicyTest14', initial: nist(2), policies: null },
  { section: '4.8.15', leaf: 'UserNoticeQualifierTest15', policies: nist(1) },
  { section: '4.8.16', leaf: 'UserNoticeQualifierTest16', policies: nist(1) },
  { section: '4.8.17', leaf: 'UserNoticeQualifierTest17', policies: nist(1) },
  { section: '4.8.18', leaf: 'UserNoticeQualifierTest18', initial: nist(1), policies: nist(1) },
  { section: '4.8.18', leaf: 'UserNoticeQualifierTest18', initial: nist(2), policies: nist(2) },
  { section: '4.8.19', leaf: 'UserNoticeQualifierTest19', policies: nist(1) },
  { section: '4.8.20', leaf: 'CPSPointerQualifierTest20', explicit: true, policies: nist(1) },
  { section: '4.9.1', leaf: 'ValidrequireExplicitPolicyTest1', policies: [] },
  { section: '4.9.2', leaf: 'ValidrequireExplicitPolicyTest2', policies: [] },
  { section: '4.9.3', leaf: 'InvalidrequireExplicitPolicyTest3', policies: null },
  { section: '4.9.4', leaf: 'ValidrequireExplicitPolicyTest4', policies: nist(1) },
  { section: '4.9.5', leaf: 'InvalidrequireExplicitPolicyTest5', policies: null },
  { section: '4.9.6', leaf: 'ValidSelfIssuedrequireExplicitPolicyTest6', policies: [] },
  { section: '4.9.7', leaf: 'InvalidSelfIssuedrequireExplicitPolicyTest7', policies: null },
  { section: '4.9.8', leaf: 'InvalidSelfIssuedrequireExplicitPolicyTest8', policies: null },
  { section: '4.10.1', leaf: 'ValidPolicyMappingTest1', initial: nist(1), policies: nist(1) },
  { section: '4.10.1', leaf: 'ValidPolicyMappingTest1', initial: nist(2), policies: null },
  { section: '4.10.1', leaf: 'ValidPolicyMappingTest1', inhibitMapping: true, policies: null },
  { section: '4.10.2', leaf: 'InvalidPolicyMappingTest2', policies: null },
  { section: '4.10.2', leaf: 'InvalidPolicyMappingTest2', inhibitMapping: true, policies: null },
  { section: '4.10.3', leaf: 'ValidPolicyMappingTest3', initial: nist(1), policies: null },
  { section: '4.10.3', leaf: 'ValidPolicyMappingTest3', initial: nist(2), policies: nist(2) },
  { section: '4.10.4', leaf: 'InvalidPolicyMappingTest4', policies: null },
  { section: '4.10.5', leaf: 'ValidPolicyMappingTest5', initial: nist(1), policies: nist(1) },
  { section: '4.10.5', leaf: 'ValidPolicyMappingTest5', initial: nist(6), policies: null },
  { section: '4.10.6', leaf: 'ValidPolicyMappingTest6', initial: nist(1), policies: nist(1) },
  { section: '4.10.6', leaf: 'ValidPolicyMappingTest6', initial: nist(6), policies: null },
  { section: '4.10.7', leaf: 'InvalidMappingFromanyPolicyTest7', policies: null },
  { section: '4.10.8', leaf: 'InvalidMappingToanyPolicyTest8', policies: null },
  { section: '4.10.9', leaf: 'ValidPolicyMappingTest9', policies: nist(1) },
  { section: '4.10.10', leaf: 'InvalidPolicyMappingTest10', policies: null },
  { section: '4.10.11', leaf: 'ValidPolicyMappingTest11', policies: nist(1) },
  { section: '4.10.12', leaf: 'ValidPolicyMappingTest12', initial: nist(1), policies: nist(1) },
  { section: '4.10.12', leaf: 'ValidPolicyMappingTest12', initial: nist(2), policies: nist(2) },
  { section: '4.10.13', leaf: 'ValidPolicyMappingTest13', policies: nist(1) },
  { section: '4.10.14', leaf: 'ValidPolicyMappingTest14', policies: nist(1) },
  { section: '4.11.1', leaf: 'InvalidinhibitPolicyMappingTest1', policies: null },
  { section: '4.11.2', leaf: 'ValidinhibitPolicyMappingTest2', policies: nist(1) },
  { section: '4.11.3', leaf: 'InvalidinhibitPolicyMappingTest3', policies: null },
  { section: '4.11.4', leaf: 'ValidinhibitPolicyMappingTest4', policies: nist(2) },
  { section: '4.11.5', leaf: 'InvalidinhibitPolicyMappingTest5', policies: null },
  { section: '4.11.6', leaf: 'InvalidinhibitPolicyMappingTest6', policies: null },
  { section: '4.11.7', leaf: 'ValidSelfIssuedinhibitPolicyMappingTest7', policies: nist(1) },
  { section: '4.11.8', leaf: 'InvalidSelfIssuedinhibitPolicyMappingTest8', policies: null },
  { section: '4.11.9', leaf: 'InvalidSelfIssuedinhibitPolicyMappingTest9', policies: null },
  { section: '4.11.10', leaf: 'InvalidSelfIssuedinhibitPolicyMappingTest10', policies: null },
  { section: '4.11.11', leaf: 'InvalidSelfIssuedinhibitPolicyMappingTest11', policies: null },
  { section: '4.12.1', leaf: 'InvalidinhibitAnyPolicyTest1', policies: null },
  { section: '4.12.2', leaf: 'ValidinhibitAnyPolicyTest2', policies: nist(1) },
  { section: '4.12.3', leaf: 'inhibitAnyPolicyTest3', policies: nist(1) },
  { section: '4.12.3', leaf: 'inhibitAnyPolicyTest3', inhibitAny: true, policies: null },
  { section: '4.12.4', leaf: 'InvalidinhibitAnyPolicyTest4', policies: null },
  { section: '4.12.5', leaf: 'InvalidinhibitAnyPolicyTest5', policies: null },
  { section: '4.12.6', leaf: 'InvalidinhibitAnyPolicyTest6', policies: null },
  { section: '4.12.7', leaf: 'ValidSelfIssuedinhibitAnyPolicyTest7', policies: nist(1) },
  { section: '4.12.8', leaf: 'InvalidSelfIssuedinhibitAnyPolicyTest8', policies: null },
  { section: '4.12.9', leaf: 'ValidSelfIssuedinhibitAnyPolicyTest9', policies: nist(1) },
  { section: '4.12.10', leaf: 'InvalidSelfIssuedinhibitAnyPolicyTest10', policies: null },
]
