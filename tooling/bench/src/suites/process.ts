import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { WorkflowSpec } from '@symphony/interface'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'
import { chain, layers } from '../workloads/workflows.ts'

interface FirstWord {
  readonly afterMs: number
  readonly memoryMB: number
}

/**
 * Starts a program as a user would, from what was built, and waits for its first word and for the number it prints last. The programs
 * are plain JavaScript: one whose types Node has to strip first takes twice as long to begin.
 */
async function start(program: 'bare-node' | 'first-task' | 'live-tasks' | 'short-runs', workflow?: WorkflowSpec): Promise<FirstWord> {
  const file = fileURLToPath(new URL(`../programs/${program}.js`, import.meta.url))
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, ['--expose-gc', file, ...(workflow ? [JSON.stringify(workflow)] : [])], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, complaint, afterMs] = ['', '', 0]
  child.stdout.on('data', (chunk: Buffer) => {
    afterMs ||= performance.now() - startedAtMs
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const [status] = (await once(child, 'close')) as [number]
  if (status !== 0) throw new Error(`${program} failed; it runs from dist, so build first (pnpm build): ${complaint.slice(0, 300)}`)
  return { afterMs, memoryMB: Number(output.trimEnd().split('\n').at(-1)) / 1e6 }
}

const bareNode: Contestant = { name: 'bare Node', setup: () => ({ run: async () => (await start('bare-node')).afterMs }) }

function memoryOverBareNode(): Prepared {
  return { run: async () => (await start('first-task')).memoryMB - (await start('bare-node')).memoryMB }
}

export const benchmarks: readonly Benchmark[] = [
  { group: 'Process', name: 'from process start to the first task done, journaled', unit: 'ms', bar: 150, setup: () => ({ run: async () => (await start('first-task')).afterMs }), peers: [bareNode] },
  { group: 'Process', name: 'memory of a runtime over bare Node, after one task', unit: 'MB', bar: 30, setup: memoryOverBareNode },
  { group: 'Process', name: 'memory of 1 M live tasks in 10,000 runs', unit: 'MB', bar: 200, setup: () => ({ run: async () => (await start('live-tasks', layers(100, 10, 3))).memoryMB }) },
  { group: 'Process', name: 'memory added by 90,000 short runs after the first 10,000', unit: 'MB', bar: 10, setup: () => ({ run: async () => (await start('short-runs', chain(5))).memoryMB }) },
]
