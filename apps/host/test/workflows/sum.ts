import type { WorkflowSpec } from '@symphony/interface'

/** Adds up the numbers from 1 to the input, each as a task of its own. */
export const workflow: WorkflowSpec = {
  name: 'sum',
  output: 'sum',
  types: [{ name: 'number', cache: true, run: ({ params }) => params }],
  tasks: [
    {
      id: 'split',
      run: ({ runInput, expand }) =>
        expand({ tasks: Array.from({ length: runInput as number }, (_, index) => ({ id: `n${index}`, type: 'number', params: index + 1, feeds: ['sum'] })) }),
    },
    { id: 'sum', needs: ['split'], run: ({ inputs }) => [...inputs.entries()].reduce((sum, [, value]) => sum + ((value as number | undefined) ?? 0), 0) },
  ],
}
