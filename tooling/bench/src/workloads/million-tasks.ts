import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import type { ArtifactRef, Runtime, WorkflowSpec } from '@symphony/interface'
import type { Contestant, Prepared } from '../benchmark.ts'
import { scratchFolder } from './scratch-folder.ts'
import type { ScratchFolder } from './scratch-folder.ts'

/** As many runs of a power of two of tasks as fit into the tables of a tracker that was not told to have larger ones: 998,400 tasks. */
const RUNS = 7800
const WIDTH = 128
const RECORDS = 100_000
const COMMANDS_A_TURN = 5
const QUIET_MS = 1000

const run = (): number => 1
const tasks = (needs: readonly string[]): WorkflowSpec['tasks'] => Array.from({ length: WIDTH - 1 }, (_, number) => ({ id: `t${number}`, type: 'work', needs }))
/** Nothing of it is ready before a signal comes. */
const gated: WorkflowSpec = { name: 'gated', types: [{ name: 'work', run }], tasks: [{ id: 'gate', waitFor: 'go' }, ...tasks(['gate'])] }
/** Everything of it is ready at once. */
const wide: WorkflowSpec = { name: 'wide', types: [{ name: 'work', run }], tasks: [{ id: 'first', type: 'work' }, ...tasks([])] }

/** @param isPaused of runs that must not be taken up */
async function startAll({ dag, journal }: Runtime, workflow: WorkflowSpec, isPaused: boolean): Promise<void> {
  for (let number = 0; number < RUNS; number++) {
    dag.startWorkflow(workflow, { id: `run-${number}` })
    if (isPaused) dag.pauseWorkflow(`run-${number}`)
    if (number % 100 === 0) await journal?.flush()
  }
  await journal?.flush()
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Small commands, some each turn of the event loop, until something has ended. @returns how long each turn took, ms, longest first */
async function turnsUntil({ dag }: Runtime, isOver: () => boolean): Promise<readonly number[]> {
  const turns: number[] = []
  let next = 0
  for (let beganAtMs = systemClock.monotonicMs(); !isOver(); ) {
    for (let left = COMMANDS_A_TURN; left > 0; left--) {
      const id = `run-${next++ % RUNS}`
      if (!dag.pauseWorkflow(id)) dag.resumeWorkflow(id)
    }
    await turn()
    const nowMs = systemClock.monotonicMs()
    turns.push(nowMs - beganAtMs)
    beganAtMs = nowMs
  }
  return turns.sort((a, b) => b - a)
}

/** How long somebody waits who comes at any moment of these turns, for all but one of a hundred moments: long turns are met more often. */
export function waitP99(turns: readonly number[]): number {
  const allowed = turns.reduce((sum, each) => sum + each, 0) / 100
  let [least, most] = [0, turns[0] ?? 0]
  for (let step = 0; step < 40; step++) {
    const middle = (least + most) / 2
    let beyond = 0
    for (const each of turns) {
      if (each <= middle) break
      beyond += each - middle
    }
    if (beyond > allowed) least = middle
    else most = middle
  }
  return most
}

/** What the turns of the event loop are like while a state of a million tasks is saved in some way. */
function stallDuring(name: string, save: (symphony: Runtime) => Promise<unknown>, figureOf: (turns: readonly number[]) => number): Contestant {
  return {
    name,
    async setup() {
      const folder = scratchFolder()
      const symphony = await createRuntime({ folder: folder.path, checkpointBytes: 1e12 })
      await startAll(symphony, gated, false)
      return {
        async run() {
          let isOver = false
          await turn()
          const saved = save(symphony).finally(() => (isOver = true))
          const turns = await turnsUntil(symphony, () => isOver)
          await saved
          return figureOf(turns)
        },
        async dispose() {
          await symphony.close()
          folder.remove()
        },
      }
    },
  }
}

const checkpointed = (symphony: Runtime): Promise<void> => symphony.checkpoint()
const nothing = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, QUIET_MS))
const copied = async ({ dag, journal }: Runtime): Promise<unknown> => journal?.checkpoint([{ component: 1, bytes: dag.snapshot() }])

export const checkpointStall: (figureOf: (turns: readonly number[]) => number) => readonly [ours: Contestant, ...others: Contestant[]] = (figureOf) => [
  stallDuring('ours', checkpointed, figureOf),
  stallDuring('nothing saved', nothing, figureOf),
  stallDuring('copied in place', copied, figureOf),
]

/** A state folder as a crash leaves it: a million live tasks, a quarter of them done, then a checkpoint and a hundred thousand more records. */
async function crashed(folder: ScratchFolder): Promise<string> {
  const live = join(folder.path, 'live')
  const left = join(folder.path, 'left')
  const symphony = await createRuntime({ folder: live, checkpointBytes: 1e12, workflows: [wide] })
  await startAll(symphony, wide, true)
  const { dag, journal } = symphony
  let done = 0
  const complete = async (count: number): Promise<void> => {
    for (const end = done + count; done < end; done++) {
      const output = done.toString(16).padStart(64, 'a') as ArtifactRef
      dag.completeTask(dag.taskRow(`run-${done % RUNS}`, `t${Math.floor(done / RUNS)}`), { output })
      if (done % 5000 === 0) await journal?.flush()
    }
    await journal?.flush()
  }
  await complete(250_000)
  await symphony.checkpoint()
  await complete(RECORDS)
  cpSync(live, left, { recursive: true })
  await symphony.close()
  rmSync(live, { recursive: true })
  return left
}

async function littleState(folder: ScratchFolder): Promise<string> {
  const left = join(folder.path, 'left')
  const symphony = await createRuntime({ folder: left, workflows: [wide] })
  await (await symphony.conductor.orchestrate(wide, null)).result()
  await symphony.close()
  return left
}

async function restartOf(leave: (folder: ScratchFolder) => Promise<string>, checkOf: (symphony: Runtime) => void): Promise<Prepared> {
  const folder = scratchFolder()
  const left = await leave(folder)
  const again = join(folder.path, 'again')
  let symphony: Runtime | undefined
  const end = async (): Promise<void> => {
    await symphony?.close()
    symphony = undefined
    rmSync(again, { recursive: true, force: true })
  }
  return {
    async prepare() {
      await end()
      cpSync(left, again, { recursive: true })
    },
    async run() {
      const beganAtMs = systemClock.monotonicMs()
      symphony = await createRuntime({ folder: again, workflows: [wide] })
      const tookMs = systemClock.monotonicMs() - beganAtMs
      checkOf(symphony)
      return tookMs
    },
    async dispose() {
      await end()
      folder.remove()
    },
  }
}

export const restartWithMillion = (): Promise<Prepared> =>
  restartOf(crashed, ({ recovery }) => {
    if (recovery.records !== RECORDS || recovery.runsResumed !== RUNS) throw new Error(`${recovery.records} records and ${recovery.runsResumed} runs came back`)
  })

export const restartWithLittle = (): Promise<Prepared> =>
  restartOf(littleState, ({ dag }) => {
    if (dag.runs().length !== 1) throw new Error('the run did not come back')
  })
