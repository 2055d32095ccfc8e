import type { ModelSpec, WorkflowSpec } from '@symphony/interface'

/** A model that cannot be loaded, and a run that does not need it. */
export const models: readonly ModelSpec[] = [{
  id: 'broken',
  instancesMin: 1,
  runner: {
    kind: 'test',
    load: () => {
      throw new Error('no weights')
    },
  },
}]

export const workflow: WorkflowSpec = { name: 'limping', output: 'only', tasks: [{ id: 'only', run: () => 1 }] }
