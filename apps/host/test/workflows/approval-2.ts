import type { WorkflowSpec } from '@symphony/interface'

/** The next version of what `children/approval.ts` runs: another task at the end, the rest as it was. */
export const workflow: WorkflowSpec = {
  name: 'approval',
  version: '2',
  tasks: [
    { id: 'draft', run: () => 'text' },
    { id: 'approve', needs: ['draft'], waitFor: 'approved' },
    { id: 'publish', needs: ['approve'], run: () => 'out' },
  ],
}
