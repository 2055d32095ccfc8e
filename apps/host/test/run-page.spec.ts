import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { groupGraph } from '../src/page/graph-groups.ts'
import { renderRunPage } from '../src/page/render-page.ts'
import { criticalPath } from '../src/runs/critical-path.ts'
import type { InspectedTask, Inspection } from '../src/runs/inspection.ts'
import { symphonyIn } from './symphony-process.ts'

const mixed = fileURLToPath(new URL('./workflows/mixed.ts', import.meta.url))
let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'symphony-page-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A task that ran from `from` to `to`. */
const task = (id: string, from: number, to: number, rest: Partial<InspectedTask> = {}): InspectedTask => ({
  id, type: id, state: 'succeeded', attempts: 1, recalled: false, needs: [], readyAtMs: from, startedAtMs: from, endedAtMs: to, waitMs: 0, tookMs: to - from, output: null, error: null, ...rest,
})

function inspection(tasks: readonly InspectedTask[]): Inspection {
  const progress = { total: tasks.length, succeeded: tasks.length, recalled: 0, defaulted: 0, failed: 0, skipped: 0, cancelled: 0, running: 0, ready: 0, waiting: 0, pending: 0, remainingMs: 0 }
  return {
    run: { id: 'r', workflow: 'w', version: '1', state: 'succeeded', reason: null, tenant: 'default', progress, startedAtMs: 1, endedAtMs: 1000, tookMs: 999, folder: '/state' },
    input: null, outputs: {}, criticalPath: criticalPath(tasks, []), slowest: [], failures: [], tasks,
  }
}

/** One that adds many, each of two steps, and one that gathers them. */
function fanOut(width: number): readonly InspectedTask[] {
  const pairs = Array.from({ length: width }, (_, index) => [
    task(`read ${index}`, 10, 20 + (index % 7), { type: 'read' }),
    task(`ocr ${index}`, 20 + (index % 7), 40 + (index % 11), { type: 'ocr', needs: [`read ${index}`] }),
  ]).flat()
  return [task('list', 1, 10), task('gather', 60, 90, { needs: ['list', ...pairs.filter(({ type }) => type === 'ocr').map(({ id }) => id)] }), ...pairs]
}

describe('symphony inspect --html', () => {
  it('writes one page that loads nothing, in which no name or message became markup', async () => {
    await symphonyIn(folder, 'run', mixed, '--id', 'mixed-1')
    const { code, stdout, stderr } = await symphonyIn(folder, 'inspect', 'mixed-1', '--html', 'run.html')
    expect([code, stdout, stderr]).toEqual([0, '', expect.stringContaining('run.html')])
    const page = readFileSync(join(folder, 'run.html'), 'utf8')
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(page).not.toMatch(/<img|<script>alert|https?:\/\/|<link|url\(/i)
    expect(page.match(/<script/g)?.length).toBe(2)
    const rows = /<script type="application\/json" id="rows">(.*?)<\/script>/s.exec(page)?.[1] ?? ''
    const parsed = (JSON.parse(rows) as { rows: unknown[][] }).rows
    expect(parsed.map((row) => row[0])).toContain('<img src=x onerror=alert(1)>')
    expect(parsed.length).toBe(17)
    const wrong = await symphonyIn(folder, 'inspect', 'mixed-1', '--html', 'nowhere/run.html')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('nowhere')])
  })
})

describe('the graph of the page', () => {
  it('draws a small run task by task, and what was added behind what added it', () => {
    const tasks = fanOut(3)
    const { groups, edges, isGrouped } = groupGraph(tasks, criticalPath(tasks, []).tasks)
    expect(isGrouped).toBe(false)
    expect(groups.map(({ tasks: [only], column }) => [only?.id, column])).toContainEqual(['read 1', 1])
    expect(edges.filter(({ isCritical }) => isCritical).map(({ from, to }) => `${from.tasks[0]?.id} > ${to.tasks[0]?.id}`)).toEqual(expect.arrayContaining(['list > read 2', 'read 2 > ocr 2', 'ocr 2 > gather']))
  })

  it('draws alike tasks of a layer together, and keeps any run readable', () => {
    expect(groupGraph(fanOut(5000), []).groups.map(({ type, tasks }) => [type, tasks.length])).toEqual(expect.arrayContaining([['read', 5000], ['ocr', 5000]]))
    const chain = Array.from({ length: 10_000 }, (_, index) => task(`step ${index}`, index, index + 1, { needs: index === 0 ? [] : [`step ${index - 1}`] }))
    const { groups, edges } = groupGraph(chain, [])
    expect(groups.length).toBeLessThanOrEqual(240)
    expect(edges.every(({ from, to }) => from.column < to.column)).toBe(true)
    expect(renderRunPage(inspection(chain)).length).toBeLessThan(4_000_000)
  })

  it('ends on results recalled in the same millisecond, whoever added whom', () => {
    const tasks = Array.from({ length: 50 }, (_, index) => task(`t${index}`, 5, 5, { recalled: true, needs: index % 3 === 1 ? [`t${(index * 7) % 50}`].filter((id) => id !== `t${index}`) : [] }))
    expect(groupGraph([task('first', 1, 5), ...tasks], criticalPath(tasks, []).tasks).groups.length).toBeGreaterThan(0)
  })
})

describe('the critical path', () => {
  it('is the chain in which each waited for the one before it', () => {
    const tasks = [task('a', 0, 50), task('b', 0, 20), task('c', 50, 60, { needs: ['a', 'b'] }), task('d', 0, 55)]
    expect(criticalPath(tasks, [])).toEqual({ tasks: ['a', 'c'], done: 2, lengthMs: 60, runningMs: 60 })
  })

  it('goes on along what is expected to take longest', () => {
    const open = { state: 'pending', startedAtMs: null, endedAtMs: null, readyAtMs: null, tookMs: null, waitMs: null } as const
    const tasks = [task('a', 0, 50), task('b', 50, 0, { ...open, needs: ['a'] }), task('c', 50, 0, { ...open, needs: ['b'] })]
    expect(criticalPath(tasks, ['b', 'c'])).toMatchObject({ tasks: ['a', 'b', 'c'], done: 1, lengthMs: 50 })
  })

  it('is empty for a run in which nothing has happened', () => {
    expect(criticalPath([], [])).toEqual({ tasks: [], done: 0, lengthMs: 0, runningMs: 0 })
    expect(renderRunPage(inspection([]))).toContain('Nothing has run yet')
  })
})
