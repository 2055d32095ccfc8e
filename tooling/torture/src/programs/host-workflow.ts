import type { WorkflowSpec } from '@symphony/interface'

const LINKS = 12

/** A chain of tasks, each of which takes a turn of the event loop: about as many commits. */
export const workflow: WorkflowSpec = {
  name: 'hosted',
  output: 'end',
  types: [{ name: 'link', effect: 'outside', run: ({ params }) => new Promise((resolve) => setImmediate(() => resolve(params))) }],
  tasks: [
    ...Array.from({ length: LINKS }, (_, link) => ({ id: `link ${link}`, type: 'link', params: link, needs: link === 0 ? [] : [`link ${link - 1}`] })),
    { id: 'end', needs: [`link ${LINKS - 1}`], run: () => 'all is done' },
  ],
}
