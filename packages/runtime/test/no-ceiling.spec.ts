import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TaskContext, TaskSpec, WorkflowSpec } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
const PATIENCE_MS = 600_000

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'symphony-ceiling-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const { bavail, bsize } = statfsSync(tmpdir())
const hasRoom = bavail * bsize >= 6 * GIB
if (!hasRoom) console.log(`an output of more than 2 GiB skipped: less than 6 GiB are free in ${tmpdir()}`)

function bytesIn(path: string): number {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const found = statSync(join(path, name))
    return found.isFile() ? sum + found.size : sum
  }, 0)
}

describe('a run of 200,000 steps', () => {
  const STEPS = 200_000

  it('as a definition, one after the other', { timeout: PATIENCE_MS }, async () => {
    let sum = 0
    const step = { name: 'step', run: ({ params }: TaskContext) => void (sum += params as number) }
    const tasks = Array.from({ length: STEPS }, (_, params): TaskSpec => ({ id: `s${params}`, type: 'step', params, ...(params === 0 ? {} : { needs: [`s${params - 1}`] }) }))
    await using symphony = await createRuntime()
    const handle = await symphony.conductor.orchestrate({ name: 'long', types: [step], tasks })
    const { state, progress } = await handle.ended()
    expect([state, progress.succeeded, sum]).toEqual(['succeeded', STEPS, (STEPS * (STEPS - 1)) / 2])
  })

  it('as a definition in a state folder, with an input of 8 MiB', { timeout: PATIENCE_MS }, async () => {
    let calls = 0
    const tasks = Array.from({ length: STEPS }, (_, params): TaskSpec => ({ id: `s${params}`, type: 'step', params }))
    const workflow: WorkflowSpec = { name: 'large', types: [{ name: 'step', run: () => void calls++ }], tasks: [...tasks, { id: 'go on', waitFor: 'go on' }, { id: 'end', needs: ['go on'], run: () => 'end' }] }
    const config = { folder, durability: 'none', workflows: [workflow] } as const
    {
      await using symphony = await createRuntime(config)
      const handle = await symphony.conductor.orchestrate(workflow, 'x'.repeat(8 * MIB), { id: 'r' })
      while (handle.progress().succeeded < STEPS) await new Promise((resolve) => setImmediate(resolve))
    }
    await using symphony = await createRuntime(config)
    symphony.dag.signalWorkflow('r', 'go on')
    const { progress, input } = await symphony.conductor.handle('r').ended()
    expect([progress.succeeded, calls, (input as string).length]).toEqual([STEPS + 2, STEPS, 8 * MIB])
  })

  it('as ranges that tasks add as they go, in a state folder', { timeout: PATIENCE_MS }, async () => {
    let sum = 0
    const EACH = 1000
    const workflow: WorkflowSpec = {
      name: 'growing',
      output: 'first',
      types: [
        { name: 'leaf', run: ({ params }) => void (sum += (params as { index: number }).index) },
        // Adds a range, and the one that adds the next one when all of it is done.
        { name: 'grow', run: ({ params, expand }) => {
          const left = params as number
          if (left === 0) return
          expand({
            ranges: [{ prefix: `leaf ${left}`, count: EACH, type: 'leaf', feeds: [`grow ${left - 1}`] }],
            tasks: [{ id: `grow ${left - 1}`, type: 'grow', params: left - 1 }],
          })
        } },
      ],
      tasks: [{ id: 'first', run: ({ expand }) => {
        expand({ tasks: [{ id: 'grow 200', type: 'grow', params: STEPS / EACH }] })
        return 'begun'
      } }],
    }
    await using symphony = await createRuntime({ folder, durability: 'none', workflows: [workflow] })
    const handle = await symphony.conductor.orchestrate(workflow)
    const { state, progress } = await handle.ended()
    expect([state, progress.succeeded, sum]).toEqual(['succeeded', STEPS + STEPS / EACH + 2, (STEPS / EACH) * ((EACH * (EACH - 1)) / 2)])
  })
})

describe.skipIf(!hasRoom)('an output of more than 2 GiB', () => {
  it('is stored by a stream, handed on by reference and read in chunks, in bounded memory', { timeout: PATIENCE_MS }, async () => {
    const CHUNK = 4 * MIB
    const chunks = (2 * GIB) / CHUNK + 5
    const rssBefore = process.memoryUsage().rss
    let rssMost = rssBefore
    const look = (): void => void (rssMost = Math.max(rssMost, process.memoryUsage().rss))
    async function* content(): AsyncGenerator<Uint8Array> {
      const chunk = new Uint8Array(CHUNK)
      for (let at = 0; at < chunks; at++) {
        // Each chunk begins with its number: cheap, and no two are the same.
        new DataView(chunk.buffer).setUint32(0, at)
        look()
        yield chunk
      }
    }
    const workflow: WorkflowSpec = {
      name: 'large',
      output: 'read',
      tasks: [
        { id: 'write', run: async ({ storeStream, output }) => output(await storeStream(content())) },
        { id: 'read', needs: ['write'], run: async ({ inputs, open }) => {
          let sizeBytes = 0
          let inOrder = 0
          for await (const piece of open(inputs.ref('write')!)) {
            look()
            // Wherever a chunk begins in this piece, its number has to be there.
            for (let begin = Math.ceil(sizeBytes / CHUNK) * CHUNK; begin + 4 <= sizeBytes + piece.length; begin += CHUNK) {
              if (new DataView(piece.buffer, piece.byteOffset + begin - sizeBytes).getUint32(0) === begin / CHUNK) inOrder++
            }
            sizeBytes += piece.length
          }
          return { sizeBytes, inOrder }
        } },
      ],
    }
    await using symphony = await createRuntime({ folder, workflows: [workflow] })
    const handle = await symphony.conductor.orchestrate(workflow)
    expect(await handle.result()).toEqual({ sizeBytes: chunks * CHUNK, inOrder: chunks })
    expect(symphony.artifacts.head(symphony.dag.tasks(handle.id)[0]!.output!)?.sizeBytes).toBe(chunks * CHUNK)
    expect((rssMost - rssBefore) / MIB).toBeLessThan(400)
  })
})

describe('content that 1,000 steps carry', () => {
  const STEPS = 1000
  const RECORD_BYTES = 700
  const carry = (id: string, need: string): TaskSpec => ({ id, needs: [need], run: ({ inputs }) => inputs.get(need) })
  const carrying: WorkflowSpec = {
    name: 'carrying',
    output: `s${STEPS - 1}`,
    tasks: [{ id: 's0', run: () => 'x'.repeat(MIB) }, ...Array.from({ length: STEPS - 1 }, (_, at) => carry(`s${at + 1}`, `s${at}`))],
  }
  const reading: WorkflowSpec = {
    name: 'reading',
    types: [{ name: 'read', run: ({ runInput }) => (runInput as string).length }],
    tasks: Array.from({ length: STEPS }, (_, at) => ({ id: `s${at}`, type: 'read' })),
  }

  it.each([['from step to step', carrying, null], ['as the input of their run', reading, 'x'.repeat(MIB - 4096)]] as const)('%s is kept once', { timeout: PATIENCE_MS }, async (_, workflow, input) => {
    await using symphony = await createRuntime({ folder, workflows: [workflow] })
    const taken = (): number => bytesIn(join(folder, 'artifacts')) + symphony.journal!.metrics().bytes
    const before = taken()
    const handle = await symphony.conductor.orchestrate(workflow, input)
    expect((await handle.ended()).state).toBe('succeeded')
    const grown = taken() - before
    expect(grown).toBeGreaterThan(MIB - 4096)
    expect(grown).toBeLessThan(MIB + STEPS * RECORD_BYTES)
  })
})

describe('what does not fit into one record of the log', () => {
  const calm: WorkflowSpec = { name: 'calm', output: 'a', tasks: [{ id: 'a', run: () => 'still here' }] }
  const adding: WorkflowSpec = {
    name: 'adding',
    types: [{ name: 'leaf', run: () => 1 }],
    tasks: [{ id: 'add', run: ({ expand }) => expand({ tasks: Array.from({ length: 50_000 }, (_, at) => ({ id: `leaf number ${at}`, type: 'leaf', params: { at } })) }) }],
  }
  const raging: WorkflowSpec = { name: 'raging', tasks: [{ id: 'rage', run: () => { throw new Error('a'.repeat(2 * MIB)) } }] }
  const late: WorkflowSpec = { ...raging, name: 'late', tasks: [{ id: 'rage', run: async () => { throw new Error('a'.repeat(2 * MIB)) } }] }
  const worse: WorkflowSpec = { ...raging, name: 'worse', tasks: [{ id: 'rage', run: async () => { throw Object.create(null) } }] }

  it('is logged in parts: 50,000 tasks that one adds', { timeout: PATIENCE_MS }, async () => {
    await using symphony = await createRuntime({ folder, workflows: [adding] })
    const { state, progress } = await (await symphony.conductor.orchestrate(adding)).ended()
    expect([state, progress.succeeded]).toEqual(['succeeded', 50_001])
  })

  it('is logged in parts: the input of a run, and is there again without them having to fit into one record', { timeout: PATIENCE_MS }, async () => {
    const input = 'x'.repeat(40 * MIB)
    {
      await using symphony = await createRuntime({ folder, workflows: [calm] })
      expect(await (await symphony.conductor.orchestrate(calm, input, { id: 'large' })).result()).toBe('still here')
    }
    await using symphony = await createRuntime({ folder, workflows: [calm] })
    expect((symphony.dag.getWorkflowState('large').input as string) === input).toBe(true)
  })

  it.each([raging, late, worse])('fails its own task only: $name', async (workflow) => {
    await using symphony = await createRuntime({ folder, workflows: [workflow, calm] })
    const report = await (await symphony.conductor.orchestrate(workflow)).ended()
    expect([report.state, report.failures.length]).toEqual(['failed', 1])
    expect(await (await symphony.conductor.orchestrate(calm)).result()).toBe('still here')
    expect(symphony.health().status).toBe('healthy')
  })
})
