import type { TaskSpec, TaskType, WorkflowSpec } from '@symphony/interface'

/** What every task of the workloads does: nothing, asynchronously. What is measured is what happens around it. */
export const noOp: TaskType = { name: 'no-op', run: async () => undefined }

/** Reads what its needs have left and leaves 4 KiB that nobody has left before. */
export const fourKiB: TaskType = {
  name: 'no-op',
  run({ inputs }) {
    for (const id of inputs.ids) if ((inputs.get(id) as Uint8Array).length !== 4096) throw new Error(`${id} left something else`)
    const content = new Uint8Array(4096)
    new DataView(content.buffer).setFloat64(0, contents++)
    return content
  },
}
let contents = 0

function workflow(name: string, tasks: readonly TaskSpec[]): WorkflowSpec {
  return { name, types: [noOp], tasks }
}

/** W1: each task needs the one before. */
export function chain(length: number): WorkflowSpec {
  const tasks = Array.from({ length }, (_, index): TaskSpec => ({ id: `t${index}`, type: noOp.name, ...(index > 0 && { needs: [`t${index - 1}`] }) }))
  return workflow(`chain-${length}`, tasks)
}

/** W2: one task, `width` that need it, one that needs them all. */
export function diamond(width: number): WorkflowSpec {
  const middle = Array.from({ length: width }, (_, index): TaskSpec => ({ id: `t${index}`, type: noOp.name, needs: ['first'] }))
  const last: TaskSpec = { id: 'last', type: noOp.name, needs: middle.map((task) => task.id) }
  return workflow(`diamond-${width}`, [{ id: 'first', type: noOp.name }, ...middle, last])
}

/** W3: layers of `width`; each task needs `needs` tasks of the layer before. */
export function layers(count: number, width: number, needs: number): WorkflowSpec {
  const tasks: TaskSpec[] = []
  for (let index = 0; index < count; index++) tasks.push({ id: `t${index}`, type: noOp.name, ...(index >= width && { needs: needsOf(index, width, needs).map((need) => `t${need}`) }) })
  return workflow(`layers-${count}`, tasks)
}

/** The needs of a task of {@link layers}, by number: distinct tasks of the layer before. */
export function needsOf(index: number, width: number, needs: number): readonly number[] {
  const layer = Math.floor(index / width)
  return Array.from({ length: needs }, (_, need) => (layer - 1) * width + ((index * 7 + need * 131) % width))
}
