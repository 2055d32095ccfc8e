import type { Journal, Lsn } from '@symphony/interface'
import { equal, rejects, same } from './expectations.ts'
import { fold, log, open, replayed, section } from './journal-stage.ts'
import type { Case } from './suite.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Checkpoint and tail are as good as the whole log. */
export const journalCheckpointCases: readonly Case<Journal>[] = [
  {
    name: 'hands the checkpoint back and replays what came after it',
    async run(make) {
      const { journal, around } = await open(make)
      same(journal.checkpointSections, [])
      log(journal, 'a')
      log(journal, 'b')
      equal(await journal.checkpoint([section(1, 'state of one'), section(3, '')]), 2)
      log(journal, 'c')
      const again = await around.reopen()
      same(again.checkpointSections.map(({ component, bytes }) => [component, decoder.decode(bytes)]), [[1, 'state of one'], [3, '']])
      const { commands, report } = replayed(again)
      same(commands, ['3 1/7 c'])
      same([report.checkpointLsn, report.firstLsn, report.lastLsn, report.records], [2, 3, 3, 1])
    },
  },
  {
    name: 'comes to the same state by checkpoint and tail as by the whole log, at every point',
    async run(make) {
      const total = 12
      for (let at = 0; at <= total; at += 3) {
        const { journal, around } = await open(make)
        let state = 1
        let atCheckpoint = 1
        for (let index = 1; index <= total; index++) {
          const body = encoder.encode(`command ${index}`)
          state = fold(state, { lsn: journal.append(2, index, body), component: 2, type: index, body })
          if (index !== at) continue
          atCheckpoint = state
          await journal.checkpoint([section(2, String(state))])
        }
        const again = await around.reopen()
        let restored = again.checkpointSections[0] === undefined ? 1 : Number(decoder.decode(again.checkpointSections[0].bytes))
        equal(restored, atCheckpoint)
        again.replay((command) => void (restored = fold(restored, command)))
        equal(restored, state)
      }
    },
  },
  {
    name: 'takes a checkpoint of an earlier moment, and replays what was logged since',
    async run(make) {
      for (const asOf of [0, 2, 3]) {
        const { journal, around } = await open(make)
        const texts = ['a', 'b', 'c']
        for (const text of texts) log(journal, text)
        equal(await journal.checkpoint([section(1, `state at ${asOf}`)], asOf as Lsn), asOf)
        log(journal, 'd')
        const again = await around.reopen()
        same(again.checkpointSections.map(({ bytes }) => decoder.decode(bytes)), [`state at ${asOf}`])
        const { commands, report } = replayed(again)
        same(commands, [...texts, 'd'].map((text, at) => `${at + 1} 1/7 ${text}`).slice(asOf))
        same([report.checkpointLsn, report.lastLsn], [asOf, 4])
        equal(log(again, 'e'), 5)
      }
    },
  },
  {
    name: 'refuses a checkpoint of a moment that has not been',
    async run(make) {
      const { journal } = await open(make)
      log(journal, 'a')
      for (const asOf of [-1, 0.5, 2, NaN]) await rejects('INVALID_ARGUMENT', journal.checkpoint([], asOf as Lsn))
      equal(await journal.checkpoint([]), 1)
    },
  },
  {
    name: 'adopts a checkpoint that another thread has written, and replays what was logged since',
    needs: ['placing'],
    async run(make) {
      const { journal, around } = await open(make)
      for (const text of ['a', 'b', 'c']) log(journal, text)
      await journal.checkpoint([section(1, 'older')], 1 as Lsn)
      around.placeCheckpoint([section(1, 'placed'), section(2, '')], 2 as Lsn)
      log(journal, 'd')
      await journal.adoptCheckpoint(2 as Lsn)
      const again = await around.reopen()
      same(again.checkpointSections.map(({ component, bytes }) => [component, decoder.decode(bytes)]), [[1, 'placed'], [2, '']])
      same(replayed(again).commands, ['3 1/7 c', '4 1/7 d'])
      equal(await again.checkpoint([section(1, 'newest')]), 4)
      const last = await around.reopen()
      same(last.checkpointSections.map(({ bytes }) => decoder.decode(bytes)), ['newest'])
      same(replayed(last).commands, [])
    },
  },
  {
    name: 'adopts no checkpoint that is not there',
    needs: ['placing'],
    async run(make) {
      const { journal, around } = await open(make)
      log(journal, 'a')
      await rejects('NOT_FOUND', journal.adoptCheckpoint(1 as Lsn))
      await rejects('INVALID_ARGUMENT', journal.adoptCheckpoint(2 as Lsn))
      same((await around.reopen()).checkpointSections, [])
    },
  },
  {
    name: 'has the newest checkpoint after a crash, and goes on numbering behind it',
    needs: ['crash'],
    async run(make) {
      const { journal, around } = await open(make)
      for (let round = 1; round <= 4; round++) {
        log(journal, `round ${round}`)
        await journal.checkpoint([section(1, `state ${round}`)])
      }
      const again = await around.crash()
      equal(decoder.decode(again.checkpointSections[0]?.bytes), 'state 4')
      same(replayed(again).commands, [])
      equal(log(again, 'next'), 5)
    },
  },
  {
    name: 'takes records while a checkpoint is written, and they are not in it',
    async run(make) {
      const { journal, around } = await open(make)
      log(journal, 'in')
      const done = journal.checkpoint([section(1, 'state')])
      log(journal, 'out')
      equal(await done, 1)
      same(replayed(await around.reopen()).commands, ['2 1/7 out'])
    },
  },
  {
    name: 'tells who waits for a record that a checkpoint or a flush has made durable',
    async run(make) {
      const { journal } = await open(make)
      const first = journal.durable(log(journal, 'waited for'))
      equal(await journal.checkpoint([section(1, 'state')]), 1)
      await first
      const second = journal.durable(log(journal, 'waited for as well'))
      await journal.flush()
      await second
      equal(journal.durableLsn, 2)
    },
  },
]
