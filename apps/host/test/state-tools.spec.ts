import { once } from 'node:events'
import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogEntry, LogReport, RecoveryRehearsal, StateSalvagePlan } from '@symphony/runtime'
import type { Inspection } from '../src/runs/inspection.ts'
import { startSymphonyIn, symphonyIn } from './symphony-process.ts'
import type { Ended } from './symphony-process.ts'

const sum = fileURLToPath(new URL('./workflows/sum.ts', import.meta.url))
const STATE = join('.symphony', 'sum')
/** Each of these starts many processes. */
const SLOWLY = { timeout: 180_000 }
let folder = ''

const symphony = (...args: readonly string[]): Promise<Ended> => symphonyIn(folder, ...args)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-state-'))
  for (const id of ['five', 'six']) await symphony('run', sum, '--input', id === 'five' ? '5' : '6', '--id', id)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = (state: string): unknown => readdirSync(join(folder, state), { recursive: true }).map(String).sort().map((name) => [name, statSync(join(folder, state, name)).mtimeMs])

/** A copy of the state whose log is damaged in the frame of a record, and without checkpoints that would make up for it. */
function damagedCopy(name: string, lsn: number): string {
  cpSync(join(folder, STATE), join(folder, name), { recursive: true })
  for (const file of readdirSync(join(folder, name, 'journal'))) if (file.endsWith('.ckpt')) rmSync(join(folder, name, 'journal', file))
  const file = openSync(join(folder, name, 'journal', 'segment-0000000001.log'), 'r+')
  const head = Buffer.alloc(32)
  let offset = 64
  for (readSync(file, head, 0, 32, offset); head.readUInt32LE(16) + head.readUInt32LE(24) <= lsn; readSync(file, head, 0, 32, offset)) offset += head.readUInt32LE(0)
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, offset + 40)
  writeSync(file, Buffer.of((byte[0] as number) ^ 1), 0, 1, offset + 40)
  closeSync(file)
  return name
}

async function entries(): Promise<readonly LogEntry[]> {
  const { code, stdout, stderr } = await symphony('journal', 'export', '--folder', join(STATE, 'journal'))
  expect([code, stderr]).toEqual([0, ''])
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as LogEntry)
}

describe('symphony journal', SLOWLY, () => {
  it('inspects, verifies and exports without writing, for people and for programs', async () => {
    const before = files(STATE)
    const inspect = await symphony('journal', 'inspect')
    expect([inspect.code, inspect.stdout]).toEqual([0, expect.stringMatching(/opens +yes[^]*SEGMENT +RECORDS[^]*CHECKPOINT[^]*dag +complete +5/)])
    const { journals } = JSON.parse((await symphony('journal', 'inspect', '--json')).stdout) as { journals: LogReport[] }
    expect(journals).toMatchObject([{ damages: [], segments: [{ number: 1, isClosed: true }] }])
    const verify = await symphony('journal', 'verify')
    expect([verify.code, verify.stdout]).toEqual([0, expect.stringMatching(/^\.symphony\/sum: whole: \d+ records/)])
    const all = await entries()
    expect(all[0]?.lsn).toBe(1)
    expect(all.filter(({ name, run }) => name === 'complete' && run === 'five').map(({ task }) => task)).toEqual(expect.arrayContaining(['split', 'n0', 'n4', 'sum']))
    expect(all.every(({ base64 }) => base64 === undefined)).toBe(true)
    expect(files(STATE)).toEqual(before)
  })

  it('shows the last commands, and follows those that come until it is interrupted', async () => {
    const { stdout } = await symphony('journal', 'tail', '-n', '3')
    expect(stdout.trim().split('\n')).toHaveLength(3)
    expect(stdout).toMatch(/dag +complete +six\/sum +attempt=1/)
    const follower = startSymphonyIn(folder, 'journal', 'tail', '--follow', '--state', STATE)
    const seen: string[] = []
    follower.stdout.on('data', (data: Buffer) => void seen.push(String(data)))
    await once(follower.stdout, 'data')
    await symphony('run', sum, '--input', '2', '--id', 'two')
    while (!/complete +two\/sum/.test(seen.join(''))) await once(follower.stdout, 'data')
    follower.kill('SIGINT')
    expect((await once(follower, 'exit'))[0]).toBe(0)
  })

  it('ends in silence when whoever reads it has had enough', async () => {
    const exported = startSymphonyIn(folder, 'journal', 'export', '--state', STATE)
    exported.stdout.destroy()
    const complaints: string[] = []
    exported.stderr.on('data', (data: Buffer) => void complaints.push(String(data)))
    expect([(await once(exported, 'close'))[0], complaints]).toEqual([0, []])
  })

  it('names what is wrong with a command line, and the nearest there is', async () => {
    for (const [line, hint] of [[['journal', 'tial'], 'tail'], [['journal', 'tail', '--folow'], '--follow'], [['doctor', '--slavage'], '--salvage'], [['replay', 'five'], '--to'], [['replay', 'five', '--to', 'x'], 'journal tail'], [['recover'], '--dry-run'], [['journal', 'inspect', '--state', 'nowhere'], 'nowhere'], [['journal', 'export', '--from', '9', '--to', '3'], 'lower'], [['replay', 'five', '--to', '9999'], 'records 0 to']] as const) {
      const { code, stderr } = await symphony(...line)
      expect([line, code, stderr]).toEqual([line, 2, expect.stringContaining(hint)])
    }
  })
})

describe('symphony doctor', SLOWLY, () => {
  it('finds a healthy state healthy, a line for each check', async () => {
    const { code, stdout } = await symphony('doctor')
    expect(code).toBe(0)
    for (const check of ['format', 'lock', 'space', 'log', 'checkpoints', 'state', 'artifacts', 'digests']) expect(stdout).toMatch(new RegExp(`(ok|warn) +${check} `))
  })

  it('says what damage there is, what would be lost, and gives it up when told to', async () => {
    const all = await entries()
    // The first record of another process: its frame begins with it.
    const lsn = all.find(({ name, run }) => name === 'start' && run === 'six')?.lsn as number
    const state = damagedCopy('damaged', lsn)
    const segment = join(folder, state, 'journal', 'segment-0000000001.log')
    const run = await symphony('run', sum, '--input', '6', '--id', 'six', '--state', state)
    expect([run.code, run.stderr]).toEqual([1, expect.stringMatching(/JOURNAL_CORRUPT[^]*damaged at byte[^]*symphony doctor --salvage/)])
    const verify = await symphony('journal', 'verify', '--state', state, '--json')
    expect([verify.code, JSON.parse(verify.stdout)]).toMatchObject([1, { whole: false, journals: [{ refuses: true, lastGoodLsn: lsn - 1, problems: [{ path: segment, offset: expect.any(Number) }] }] }])
    const doctor = await symphony('doctor', '--state', state)
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringMatching(/bad +log[^]*→ symphony doctor --salvage/)])

    const before = files(state)
    const plan = await symphony('doctor', '--salvage', '--state', state)
    expect([plan.code, plan.stdout, plan.stderr]).toEqual([1, expect.stringMatching(new RegExp(`kept +the state as of record ${lsn - 1}[^]*given up +records ${lsn}–`)), expect.stringContaining('--yes')])
    expect(files(state)).toEqual(before)
    const done = await symphony('doctor', '--salvage', '--yes', '--json', '--state', state)
    const { states: [{ salvaged, plan: report }] } = JSON.parse(done.stdout) as { states: [{ salvaged: boolean; plan: StateSalvagePlan & { report: string } }] }
    expect([done.code, salvaged, report.keptLsn]).toEqual([0, true, lsn - 1])
    expect(readdirSync(join(folder, state, 'journal'))).toEqual(expect.arrayContaining(['segment-0000000001.log.broken', report.report]))
    expect(JSON.parse(readFileSync(join(folder, state, 'journal', report.report), 'utf8'))).toMatchObject({ keptLsn: lsn - 1 })
    const again = await symphony('run', sum, '--input', '6', '--id', 'six', '--state', state)
    expect([again.code, again.stdout.trim()]).toEqual([0, '21'])
    expect((await symphony('doctor', '--state', state)).code).toBe(0)
    expect((await symphony('doctor', '--salvage', '--state', state)).stderr).toContain('nothing to salvage')
  })
})

describe('symphony recover, replay and fork', SLOWLY, () => {
  it('tells what opening would do, with the code of the workflow and without', async () => {
    const state = 'rehearsed'
    cpSync(join(folder, STATE), join(folder, state), { recursive: true })
    await symphony('fork', 'six', '--from', 'sum', '--id', 'open', '--state', state)
    const before = files(state)
    const blind = await symphony('recover', '--dry-run', '--state', state)
    expect([blind.code, blind.stdout]).toEqual([0, expect.stringMatching(/open +sum +1 +quarantined[^]*five +sum +1 +completed[^]*begins sum, attempt 1, token from \d+[^]*symphony recover --dry-run \.\/workflow\.ts/)])
    const informed = await symphony('recover', '--dry-run', sum, '--state', state, '--json')
    const { states: [rehearsal] } = JSON.parse(informed.stdout) as { states: [RecoveryRehearsal] }
    expect(rehearsal.runs.find(({ id }) => id === 'open')).toMatchObject({ outcome: 'resumed', again: [{ task: 'sum', attempt: 1, token: expect.any(Number) }] })
    expect(files(state)).toEqual(before)
  })

  it('shows a run as it was', async () => {
    const all = await entries()
    const lsn = all.find(({ name, task, run }) => name === 'complete' && task === 'split' && run === 'five')?.lsn as number
    const { code, stdout } = await symphony('replay', 'five', '--to', String(lsn))
    expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`as of +record ${lsn} of \\d+, with 1 run[^]*state +running\\n[^]*n4 +number +ready`))])
    const { asOf, tasks } = JSON.parse((await symphony('replay', 'five', '--to', String(lsn), '--json')).stdout) as Inspection
    expect([asOf?.lsn, tasks.find(({ id }) => id === 'sum')?.state]).toEqual([lsn, 'pending'])
    expect(await symphony('replay', 'six', '--to', String(lsn))).toMatchObject({ code: 2, stderr: expect.stringContaining('RUN_UNKNOWN') })
  })

  it('forks a run, at once with its code, or for later without', async () => {
    const edited = await symphony('fork', 'five', sum, '--output', 'n0=100', '--id', 'edited')
    expect([edited.code, edited.stdout.trim(), edited.stderr]).toEqual([0, '114', expect.stringContaining('goes on from five')])
    const later = await symphony('fork', 'five', '--from', 'sum', '--id', 'later', '--json')
    expect([later.code, JSON.parse(later.stdout)]).toMatchObject([0, { run: 'later' }])
    const run = await symphony('run', sum, '--id', 'later')
    expect([run.code, run.stdout.trim()]).toEqual([0, '15'])
    const near = await symphony('fork', 'five', '--from', 'smu')
    expect([near.code, near.stderr]).toEqual([2, expect.stringContaining('Did you mean "sum"?')])
    for (const line of [['fork', 'five'], ['fork', 'five', '--output', 'n0'], ['fork', 'five', '--output', 'n0=x']]) expect([line, (await symphony(...line)).code]).toEqual([line, 2])
  })
})
