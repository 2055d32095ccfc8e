import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const program = fileURLToPath(new URL('children/first-task-entry.ts', import.meta.url))

it('a process gets to its first task without loading what only some users need', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@symphony/source', program], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual([])
})
