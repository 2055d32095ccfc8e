import { crc32 } from 'node:zlib'
import type { Json, TaskContext, WorkflowSpec } from '@symphony/interface'
import { seededRandom } from '@symphony/ports'

/** Hears of every call of a task function, when it begins. */
export type TaskWitness = (runId: string, taskId: string, isEffect: boolean) => void

export const TORTURED = 'tortured'
const CHAIN = 3
const SMALL_BYTES_MAX = 3_000
/** Beyond what is kept in pack files: it gets a file of its own. */
const LARGE_BYTES = 1_200_000

/** What a task leaves: bytes that follow from the number of its run and its name. */
export function contentOf(run: number, task: string): Uint8Array {
  const random = seededRandom(run * 65_537 + crc32(task))
  const length = random.next() < 0.05 ? LARGE_BYTES : Math.floor(random.next() * SMALL_BYTES_MAX)
  const bytes = new Uint8Array(length)
  // The beginning tells contents apart; the rest is there to be written.
  for (let index = 0; index < Math.min(length, 64); index++) bytes[index] = random.next() * 256
  return bytes.fill(run & 0xff, 64)
}

export function leafCount(run: number): number {
  return 2 + (run % 5)
}

/** Tasks that are there from the beginning, what each needs, and those that a run adds. */
export function needsOf(run: number): ReadonlyMap<string, readonly string[]> {
  const leaves = Array.from({ length: leafCount(run) }, (_, leaf) => `leaf ${leaf}`)
  const chain = Array.from({ length: CHAIN }, (_, link) => [`link ${link}`, link === 0 ? ['split'] : [`link ${link - 1}`]] as const)
  return new Map<string, readonly string[]>([['split', []], ...leaves.map((leaf) => [leaf, ['split']] as const), ...chain, ['end', ['split', `link ${CHAIN - 1}`, ...leaves]]])
}

/** What the run comes to. */
export function resultOf(run: number): number {
  return (needsOf(run).get('end') ?? []).toSorted().reduce((sum, task) => crc32(contentOf(run, task), sum), 0)
}

/**
 * A run that does a little of everything: it adds tasks, has links that take a turn of the event loop, contents small and large, and effects
 * outside, which may not begin before what they rest on is durable.
 */
export function torturedWorkflow(witness: TaskWitness): WorkflowSpec {
  const told = ({ runId, taskId }: TaskContext, isEffect = false): void => witness(runId, taskId, isEffect)
  const runOf = ({ runInput }: TaskContext): number => (runInput as { readonly run: number }).run
  return {
    name: TORTURED,
    output: 'end',
    types: [
      { name: 'leaf', run: (context) => (told(context), contentOf(runOf(context), context.taskId)) },
      {
        name: 'link',
        effect: 'outside',
        run: async (context) => {
          told(context, true)
          await new Promise((resolve) => setImmediate(resolve))
          return contentOf(runOf(context), context.taskId)
        },
      },
    ],
    tasks: [
      {
        id: 'split',
        run: (context) => {
          told(context)
          context.expand({ tasks: Array.from({ length: leafCount(runOf(context)) }, (_, leaf) => ({ id: `leaf ${leaf}`, type: 'leaf', params: leaf, feeds: ['end'] })) })
          return contentOf(runOf(context), context.taskId)
        },
      },
      ...Array.from({ length: CHAIN }, (_, link) => ({ id: `link ${link}`, type: 'link', needs: [link === 0 ? 'split' : `link ${link - 1}`] })),
      { id: 'end', needs: ['split', `link ${CHAIN - 1}`], run: (context) => (told(context), sumOf(context)) },
    ],
  }
}

function sumOf({ inputs }: TaskContext): Json {
  return inputs.ids.toSorted().reduce((sum, id) => crc32(inputs.get(id) as Uint8Array, sum), 0)
}
