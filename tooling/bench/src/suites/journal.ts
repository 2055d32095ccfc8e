import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { COMPONENT_IDS } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { open } from 'lmdb'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'
import { checkpointStall, restartWithLittle, restartWithMillion, waitP99 } from '../workloads/million-tasks.ts'
import { scratchFolder } from '../workloads/scratch-folder.ts'

const RECORD = new Uint8Array(100).fill(7)

/** `waiting` records at once, each acknowledged after it is on the device. */
async function acknowledged(waiting: number): Promise<Prepared> {
  const folder = scratchFolder()
  const journal = await openJournal({ folder: folder.path })
  const rounds = Math.max(1, Math.floor(64 / waiting))
  return {
    async run() {
      for (let round = 0; round < rounds; round++) {
        const waits: Promise<void>[] = []
        for (let index = 0; index < waiting; index++) waits.push(journal.durable(journal.append(COMPONENT_IDS.runtime, 1, RECORD)))
        await Promise.all(waits)
      }
      return rounds * waiting
    },
    async dispose() {
      await journal.close()
      folder.remove()
    },
  }
}

function lmdbFlushed(waiting: number): Contestant {
  return {
    name: 'lmdb, flushed',
    setup() {
      const folder = scratchFolder()
      const database = open({ path: folder.path, keyEncoding: 'uint32', encoding: 'binary', overlappingSync: true })
      let key = 0
      const rounds = Math.max(1, Math.floor(64 / waiting))
      return {
        async run() {
          for (let round = 0; round < rounds; round++) {
            for (let index = 0; index < waiting; index++) void database.put(key++, RECORD)
            await database.flushed
          }
          return rounds * waiting
        },
        async dispose() {
          await database.close()
          folder.remove()
        },
      }
    },
  }
}

/** One transaction for all that wait, synchronous FULL: what a group commit is in SQLite. */
function sqliteBatched(waiting: number): Contestant {
  return {
    name: 'node:sqlite, FULL, batched',
    setup() {
      const folder = scratchFolder()
      const database = new DatabaseSync(join(folder.path, 'log.db'))
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE log (lsn INTEGER PRIMARY KEY, body BLOB)')
      const insert = database.prepare('INSERT INTO log (body) VALUES (?)')
      const rounds = Math.max(1, Math.floor(64 / waiting))
      return {
        run() {
          for (let round = 0; round < rounds; round++) {
            database.exec('BEGIN')
            for (let index = 0; index < waiting; index++) insert.run(RECORD)
            database.exec('COMMIT')
          }
          return rounds * waiting
        },
        dispose() {
          database.close()
          folder.remove()
        },
      }
    },
  }
}

/** As many as the ring takes without making the caller wait; the writer catches up between turns. */
async function unacknowledged(): Promise<Prepared> {
  const folder = scratchFolder()
  const journal = await openJournal({ folder: folder.path })
  return {
    prepare: () => journal.flush(),
    run() {
      for (let index = 0; index < 10_000; index++) journal.append(COMPONENT_IDS.runtime, 1, RECORD)
      return 10_000
    },
    async dispose() {
      await journal.close()
      folder.remove()
    },
  }
}

/** The same, until the last one is on the device: what the writer keeps up with. */
async function streamed(): Promise<Prepared> {
  const folder = scratchFolder()
  const journal = await openJournal({ folder: folder.path })
  return {
    async run() {
      for (let batch = 0; batch < 20; batch++) {
        for (let index = 0; index < 5_000; index++) journal.append(COMPONENT_IDS.runtime, 1, RECORD)
        await journal.durable(journal.lastLsn)
      }
      return 100_000
    },
    async dispose() {
      await journal.close()
      folder.remove()
    },
  }
}

const REPLAYED = 200_000

async function replay(): Promise<Prepared> {
  const folder = scratchFolder()
  const first = await openJournal({ folder: folder.path })
  for (let index = 0; index < REPLAYED; index++) {
    first.append(COMPONENT_IDS.runtime, 1, RECORD)
    if (index % 5_000 === 0) await first.flush()
  }
  await first.close()
  return {
    async run() {
      const journal = await openJournal({ folder: folder.path })
      let count = 0
      journal.replay(() => void count++)
      await journal.close()
      if (count !== REPLAYED) throw new Error(`${count} of ${REPLAYED} records came back`)
      return REPLAYED
    },
    dispose: () => folder.remove(),
  }
}

const acknowledgedBar: readonly (readonly [waiting: number, bar: number])[] = [[1, 3e3], [64, 140e3], [1024, 600e3]]

function stall(name: string, bar: number | undefined, figureOf: (turns: readonly number[]) => number): Benchmark {
  const [{ setup }, ...peers] = checkpointStall(figureOf)
  return { group: 'Journal', name: `checkpoint of a million live tasks while commands go on: ${name}`, unit: 'ms', ...(bar === undefined ? {} : { bar }), setup, peers }
}

export const benchmarks: readonly Benchmark[] = [
  ...acknowledgedBar.map(([waiting, bar]): Benchmark => ({
    group: 'Journal',
    name: `append 100 bytes, acknowledged, ${waiting} waiting`,
    unit: 'op/s',
    bar,
    setup: () => acknowledged(waiting),
    peers: [lmdbFlushed(waiting), sqliteBatched(waiting)],
  })),
  { group: 'Journal', name: 'append 100 bytes without waiting, caller\'s thread', unit: 'op/s', bar: 10e6, setup: unacknowledged },
  { group: 'Journal', name: 'append 100 bytes, 5,000 at a time, the last one acknowledged', unit: 'op/s', bar: 4e6, setup: streamed },
  { group: 'Journal', name: 'open and replay 200,000 records of 100 bytes', unit: 'op/s', bar: 3e6, setup: replay },
  stall('what is waited for at 99 of 100 moments', 2, waitP99),
  stall('longest turn of the event loop', undefined, (turns) => turns[0] ?? 0),
  { group: 'Journal', name: 'restart with a million live tasks and 100,000 records', unit: 'ms', bar: 1000, setup: restartWithMillion },
  { group: 'Journal', name: 'restart with little state', unit: 'ms', bar: 50, setup: restartWithLittle },
]
