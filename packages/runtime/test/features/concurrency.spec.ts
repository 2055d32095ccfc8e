import type { WorkflowSpec } from '@symphony/interface'
import { expect, it } from 'vitest'
import { settle, stage } from './stage.ts'

it('D22 a limit for each key: one customer does not hold up another', async () => {
  const { conductor } = await stage()
  const inside: string[] = []
  const most: Record<string, number> = {}
  let open: (() => void)[] = []
  const spec: WorkflowSpec = { name: 'keyed', types: [{
    name: 'call',
    concurrency: { max: 2, key: ({ params }) => `customer ${String(params)}` },
    run: async ({ params }) => {
      const key = String(params)
      inside.push(key)
      most[key] = Math.max(most[key] ?? 0, inside.filter((each) => each === key).length)
      await new Promise<void>((resolve) => open.push(resolve))
      inside.splice(inside.indexOf(key), 1)
    },
  }], tasks: [...Array.from({ length: 6 }, (_, at) => ({ id: `ann ${at}`, type: 'call', params: 'ann' })), { id: 'bob', type: 'call', params: 'bob' }] }
  // Two runs: the limit holds over all of them.
  const handles = [await conductor.orchestrate(spec), await conductor.orchestrate(spec)]
  await settle()
  expect(inside.toSorted()).toEqual(['ann', 'ann', 'bob', 'bob'])
  for (let round = 0; round < 10; round++) {
    const now = open
    open = []
    now.forEach((resolve) => resolve())
    await settle()
  }
  for (const handle of handles) expect((await handle.ended()).state).toBe('succeeded')
  expect(most).toEqual({ ann: 2, bob: 2 })
})
