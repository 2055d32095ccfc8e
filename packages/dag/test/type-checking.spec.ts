import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)))
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const TASKS = 500

/** Every task needs two before it and returns a type of its own, so that the compiler cannot do with one answer for all. */
function needsOf(task: number): readonly number[] {
  return [task - 1, task >> 1].filter((need, place, all) => need >= 0 && need !== task && all.indexOf(need) === place)
}

function chained(): string {
  const lines = Array.from({ length: TASKS }, (_, task) => {
    const needs = needsOf(task)
    const read = needs.map((need) => `inputs.get('t${need}').n${need}`).join(' + ') || '0'
    return `  .task('t${task}', { needs: [${needs.map((need) => `'t${need}'`).join(', ')}], params: { at: ${task} }, run: ({ inputs }) => ({ n${task}: ${read} }) })`
  })
  const last = TASKS - 1
  return [
    "import { defineWorkflow } from '@symphony/dag'", "export const spec = defineWorkflow('long')", ...lines, `  .output('t${last}')`, '  .build()',
    `export const result: { n${last}: number } = spec['~types'].output`, '// @ts-expect-error it is a number', `export const wrong: string = spec['~types'].output.n${last}`,
  ].join('\n')
}

function listed(): string {
  const tasks = Array.from({ length: TASKS }, (_, task) => `  { id: 't${task}', needs: [${needsOf(task).map((need) => `'t${need}'`).join(', ')}], run: () => ${task} },`)
  return ["import type { WorkflowSpec } from '@symphony/interface'", "export const spec: WorkflowSpec = { name: 'long', tasks: [", ...tasks, '] }'].join('\n')
}

it.each([['one chained expression', chained], ['a plain array', listed]])('the compiler checks 500 tasks in %s and finds nothing', { timeout: 300_000 }, (form, source) => {
  // Inside the package, so that the workspace's packages and settings are found.
  const folder = mkdtempSync(join(PACKAGE, 'node_modules', '.type-checking-'))
  try {
    writeFileSync(join(folder, 'workflow.ts'), source())
    const config = { extends: '../../../../tsconfig.base.json', compilerOptions: { isolatedDeclarations: false }, files: ['workflow.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const startedMs = performance.now()
    const { status, stdout, stderr } = spawnSync(process.execPath, [TSC, '-p', folder], { encoding: 'utf8' })
    console.log(`${TASKS} tasks in ${form}: checked in ${Math.round(performance.now() - startedMs)} ms`)
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
