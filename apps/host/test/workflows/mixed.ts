import type { WorkflowSpec } from '@symphony/interface'

/** Something of everything: a fan-out, a failure that is tried twice, what is skipped by it, and names that would like to be markup. */
export const workflow: WorkflowSpec = {
  name: 'mixed',
  version: '3',
  types: [{ name: 'leaf', run: ({ params }) => params }],
  tasks: [
    { id: 'split', run: ({ expand }) => expand({ tasks: Array.from({ length: 12 }, (_, params) => ({ id: `leaf ${params}`, type: 'leaf', params, feeds: ['gather'] })) }) },
    { id: 'gather', needs: ['split'], run: ({ inputs }) => inputs.ids.length },
    {
      id: '<img src=x onerror=alert(1)>',
      needs: ['gather'],
      retry: { attempts: 2, delayMs: 1 },
      run: () => {
        throw new Error('</script><script>alert("no")</script> is not a number')
      },
    },
    { id: 'after', needs: ['<img src=x onerror=alert(1)>'], run: () => 1 },
    { id: 'aside', needs: [{ task: 'split', kind: 'soft' }], run: () => 2 },
  ],
}
