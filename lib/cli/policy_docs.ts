import { faceLosses, type PolicyRow, policyTable, type Standing } from '../core/index.js'

const headings = ['what', 'name', 'lengths or curves', 'approved', 'compatible'] as const

/** How the policy `approved` regards each standing, for people. */
const admitted: Readonly<Record<Standing, string>> = {
  approved: 'yes',
  legacy: 'only to decrypt and verify',
  compatible: 'no',
}

/** The cells of the table of what the policies admit. */
export function policyCells(): { readonly headings: readonly string[]; readonly rows: readonly string[][] } {
  return { headings, rows: policyTable.map(cells) }
}

/** The cells of the table of what each face loses under `approved`. */
export function faceCells(): { readonly headings: readonly string[]; readonly rows: readonly string[][] } {
  return {
    headings: ['face', 'refused under approved', 'what that means'],
    rows: faceLosses.map(({ face, refused, effect }) => [face, refused.join(', ') || '-', effect]),
  }
}

/** docs/policies.md. */
export function policyDocs(): string {
  return `${introduction}
${markdown(policyCells())}

## What each face loses under \`approved\`

${markdown(faceCells())}
`
}

function cells({ kind, name, lengths, standing }: PolicyRow): string[] {
  return [kind, name, lengths.join(', ') || '-', admitted[standing], 'yes']
}

function markdown({ headings, rows }: ReturnType<typeof policyCells>): string {
  return [headings, headings.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const introduction = `# Policies

A policy says what may be used at all. \`approved\`, the default of the server and of \`openKeyManager\`, has what NIST SP 800-131A
approves (revision 2, and the draft of revision 3 where that is stricter). \`compatible\` has also what old clients need.
The setting is \`policy\` (MORTISE_POLICY, --policy). This page is printed by \`mortise policy docs\`.

- What the policy refuses fails with MORTISE_CRYPTO_POLICY, and the message names it. Nothing is refused silently or replaced.
- Every use that only \`compatible\` admits says so on the audit trail: \`notApproved\` in the record's detail.
- "Legacy use" of SP 800-131A, to decrypt and verify what was protected before, is allowed under both policies, so that data can be
  moved away from what is no longer approved; the audit trail says \`legacyUse\`. No such key is made, taken in or rekeyed under
  \`approved\`.
- Changing the policy changes no stored key. It is read when the key manager opens.
- It is a policy on algorithms. It makes no module validated, and Mortise claims no certification.
`
