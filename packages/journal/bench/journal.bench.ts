// Prints medians of the journal's figures. Run: node --conditions=@symphony/source bench/journal.bench.ts [folder on the disk to measure]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal, Lsn } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import type { JournalInit } from '@symphony/journal'
import { systemClock } from '@symphony/ports'

const ROUNDS = 7
const base = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'symphony-journal-'))
const body = new Uint8Array(100).fill(7)
const nowMs = systemClock.monotonicMs
let folders = 0

const newFolder = (): string => join(base, String(folders++))

function report(name: string, values: number[], unit: string): void {
  const sorted = values.toSorted((a, b) => a - b)
  const show = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
  const at = (share: number): string => show(sorted[Math.floor((sorted.length - 1) * share)] as number)
  console.log(`${name.padEnd(48)} ${at(0.5).padStart(12)} ${unit.padEnd(12)} [${at(0)} .. ${at(1)}]`)
}

type Measure = (journal: Journal) => Promise<number> | number

async function rounds(name: string, unit: string, init: Partial<JournalInit>, measure: Measure): Promise<void> {
  const values: number[] = []
  const journal = await openJournal({ folder: newFolder(), ...init })
  await settled(journal)
  for (let round = 0; round <= ROUNDS; round++) {
    const value = await measure(journal)
    if (round > 0) values.push(value)
    await journal.flush()
    await quiet()
  }
  await journal.close()
  report(name, values, unit)
}

/** The thread is up, has compiled its hot path, and has had a quiet moment to fill ahead. */
async function settled(journal: Journal): Promise<void> {
  for (let i = 0; i < 300; i++) await journal.durable(journal.append(1, 1, body))
  await quiet()
}

const quiet = (): Promise<void> => new Promise((resolve) => void systemClock.schedule(600, resolve))

/** Appends that fit into the ring: what the caller pays when it waits for nothing. The median of some bursts. */
async function burst(journal: Journal): Promise<number> {
  const count = 20_000
  const values: number[] = []
  for (let round = 0; round < 15; round++) {
    const startMs = nowMs()
    for (let i = 0; i < count; i++) journal.append(1, 1, body)
    values.push(((nowMs() - startMs) * 1e6) / count)
    await journal.flush()
  }
  return values.toSorted((a, b) => a - b)[7] as number
}

function streamed(count: number): (journal: Journal) => Promise<number> {
  return async (journal) => {
    const startMs = nowMs()
    for (let i = 0; i < count; i++) journal.append(1, 1, body)
    await journal.flush()
    return (count / (nowMs() - startMs)) * 1000
  }
}

function acknowledged(waiting: number, forMs: number): (journal: Journal) => Promise<number> {
  return async (journal) => {
    const startMs = nowMs()
    let count = 0
    const caller = async (): Promise<void> => {
      while (nowMs() - startMs < forMs) {
        await journal.durable(journal.append(1, 1, body))
        count++
      }
    }
    await Promise.all(Array.from({ length: waiting }, caller))
    return (count / (nowMs() - startMs)) * 1000
  }
}

async function replay(): Promise<void> {
  const folder = newFolder()
  const count = 1_000_000
  const writing = await openJournal({ folder })
  for (let i = 0; i < count; i++) writing.append(1, 1, body)
  await writing.close()
  const rates: number[] = []
  const opens: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = nowMs()
    const journal = await openJournal({ folder })
    const openedMs = nowMs()
    let bytes = 0
    journal.replay((command) => void (bytes += command.body.length))
    rates.push((count / (nowMs() - openedMs)) * 1000)
    opens.push(openedMs - startMs)
    if (bytes !== count * body.length) throw new Error('replay lost something')
    await journal.close()
  }
  report('replay', rates, 'records/s')
  report('open a log of 1 M records (check all of it)', opens, 'ms')
}

async function checkpoint(): Promise<void> {
  const journal = await openJournal({ folder: newFolder() })
  await settled(journal)
  const pauses: number[] = []
  const totals: number[] = []
  for (let round = 0; round < 3; round++) {
    const bytes = new Uint8Array(64 << 20).fill(round + 1)
    journal.append(1, 1, body)
    const startMs = nowMs()
    const done = journal.checkpoint([{ component: 1, bytes }])
    pauses.push(nowMs() - startMs)
    await done
    totals.push(nowMs() - startMs)
  }
  await journal.close()
  report('checkpoint of 64 MiB: caller stands still', pauses, 'ms')
  report('checkpoint of 64 MiB: durable and verified', totals, 'ms')
}

async function opening(): Promise<void> {
  const values: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = nowMs()
    const journal = await openJournal({ folder: newFolder() })
    values.push(nowMs() - startMs)
    await journal.close()
  }
  report('open an empty folder', values, 'ms')
}

await opening()
await rounds('append, nobody waits: caller', 'ns', {}, burst)
await rounds('append, nobody waits: 200 k records to the disk', 'records/s', {}, streamed(200_000))
await rounds('append, nobody waits: 2 M records to the disk', 'records/s', {}, streamed(2_000_000))
for (const waiting of [1, 64, 1024]) await rounds(`acknowledged, ${waiting} waiting`, 'records/s', {}, acknowledged(waiting, 300))
await rounds('acknowledged, 64 waiting, inline writer', 'records/s', { writer: 'inline' }, acknowledged(64, 300))
await rounds('compound record of 4 commands: caller', 'ns', {}, (journal) => {
  const count = 5_000
  let last = 0 as Lsn
  const startMs = nowMs()
  for (let i = 0; i < count; i++) {
    last = journal.transact(() => {
      for (let command = 0; command < 3; command++) journal.append(1, 1, body)
      return journal.append(1, 1, body)
    })
  }
  if (last === 0) throw new Error('nothing was logged')
  return ((nowMs() - startMs) * 1e6) / count
})
await replay()
await checkpoint()
rmSync(base, { recursive: true })
