import { SymphonyError } from '@symphony/interface'
import type { Journal, Lsn } from '@symphony/interface'
import { equal, fails, ok, rejects, same } from './expectations.ts'
import { log, open, replayed } from './journal-stage.ts'
import type { Case } from './suite.ts'

/** What is acknowledged survives. */
export const journalDurabilityCases: readonly Case<Journal>[] = [
  {
    name: 'says when a record is durable',
    async run(make) {
      const { journal } = await open(make)
      const lsn = log(journal, 'a')
      await journal.durable(lsn)
      ok(journal.durableLsn >= lsn, 'durableLsn follows')
      await journal.durable(lsn)
      await rejects('INVALID_ARGUMENT', journal.durable((lsn + 1) as Lsn))
    },
  },
  {
    name: 'answers everybody who waits, in whatever order they ask',
    async run(make) {
      const { journal } = await open(make)
      const order: number[] = []
      const lsns = Array.from({ length: 200 }, (_, index) => log(journal, String(index)))
      await Promise.all(lsns.toReversed().map((lsn) => journal.durable(lsn).then(() => order.push(lsn))))
      same(order.toSorted((a, b) => a - b), lsns)
      equal(journal.durableLsn, 200)
    },
  },
  {
    name: 'answers for a record under construction once it is complete',
    async run(make) {
      const { journal } = await open(make)
      const { promise, lsn } = journal.transact(() => {
        const first = log(journal, 'a')
        const waiting = journal.durable(first)
        log(journal, 'b')
        return { promise: waiting, lsn: first }
      })
      await promise
      ok(journal.durableLsn >= lsn, 'durable as a whole')
    },
  },
  {
    name: 'has everything durable after flush',
    async run(make) {
      const { journal } = await open(make)
      for (let index = 0; index < 50; index++) log(journal, 'x')
      await journal.flush()
      equal(journal.durableLsn, 50)
      const { records, lastLsn, durableLsn, commits } = journal.metrics()
      same([records, lastLsn, durableLsn], [50, 50, 50])
      ok(commits >= 1 && commits <= 50, 'commits are counted')
    },
  },
  {
    name: 'has what it acknowledged after a crash, in order, once',
    needs: ['crash'],
    async run(make) {
      const { journal, around } = await open(make)
      for (let index = 1; index <= 20; index++) {
        const lsn = log(journal, `record ${index}`)
        if (index % 4 === 0) await journal.durable(lsn)
      }
      await journal.durable(journal.lastLsn)
      same(replayed(await around.crash()).commands, Array.from({ length: 20 }, (_, index) => `${index + 1} 1/7 record ${index + 1}`))
    },
  },
  {
    name: 'has whole records after a crash, and of those a prefix',
    needs: ['crash'],
    async run(make) {
      const { journal, around } = await open(make)
      const pair = (): Lsn => journal.transact(() => (log(journal, 'first'), log(journal, 'second')))
      await journal.durable(pair())
      for (let index = 0; index < 5; index++) pair()
      const { commands } = replayed(await around.crash())
      equal(commands.length % 2, 0)
      ok(commands.length >= 2, 'the acknowledged record is there')
      same(commands, Array.from({ length: commands.length }, (_, index) => `${Math.floor(index / 2) + 1} 1/7 ${index % 2 === 0 ? 'first' : 'second'}`))
    },
  },
  {
    name: 'keeps a record whole when the crash falls between its commands and its end',
    needs: ['crash'],
    async run(make) {
      const { journal, around } = await open(make)
      await journal.durable(log(journal, 'before'))
      let survived: Promise<Journal> | undefined
      journal.transact(() => {
        log(journal, 'half')
        void journal.flush().catch(() => {})
        survived = around.crash()
      })
      same(replayed(await (survived as unknown as Promise<Journal>)).commands, ['1 1/7 before'])
    },
  },
  {
    name: 'goes on numbering where it left off, after a close and after a crash',
    needs: ['crash'],
    async run(make) {
      const { journal, around } = await open(make)
      await journal.durable(log(journal, 'a'))
      const second = await around.reopen()
      second.replay(() => {})
      equal(second.lastLsn, 1)
      equal(second.durableLsn, 1)
      await second.durable(log(second, 'b'))
      const third = await around.crash()
      third.replay(() => {})
      await third.durable(log(third, 'c'))
      same(replayed(await around.reopen()).commands, ['1 1/7 a', '2 1/7 b', '3 1/7 c'])
    },
  },
  {
    name: 'forces another file before the record that refers to it',
    needs: ['crash', 'otherFile'],
    async run(make) {
      const { journal, around } = await open(make)
      for (const text of ['one', 'two']) {
        journal.syncBefore(around.writeOther(text))
        await journal.durable(log(journal, text))
      }
      const survived = await around.crash()
      equal(around.readOther(), 'onetwo')
      equal(replayed(survived).commands.length, 2)
    },
  },
  {
    name: 'has what a record refers to written before the record is handed over, once for all that asked',
    needs: ['crash', 'otherFile'],
    async run(make) {
      const { journal, around } = await open(make)
      const file = around.writeOther('one')
      let collected = ''
      let writes = 0
      const write = (): void => {
        writes++
        if (collected !== '') around.writeOther(collected)
        collected = ''
      }
      for (const texts of [['two', 'three'], ['four']]) {
        for (const text of texts) {
          collected += text
          journal.syncBefore(file, write)
          log(journal, text)
        }
        await journal.durable(journal.lastLsn)
      }
      ok(writes <= 3, 'written once for all that asked, or as they asked')
      writes = 0
      journal.transact(() => {
        for (const text of ['five', 'six']) {
          collected += text
          journal.syncBefore(file, write)
          log(journal, text)
        }
      })
      await journal.flush()
      equal(writes, 1)
      const survived = await around.crash()
      equal(around.readOther(), 'onetwothreefourfivesix')
      equal(replayed(survived).commands.length, 5)
    },
  },
  {
    name: 'acknowledges nothing that refers to what could not be written',
    needs: ['crash', 'otherFile'],
    async run(make) {
      const { journal, around } = await open(make)
      await journal.durable(log(journal, 'kept'))
      journal.syncBefore(around.writeOther('part'), () => {
        throw new SymphonyError({ code: 'STORAGE_FAILED', component: 'file-system', message: 'Could not write: EIO.' })
      })
      // A log that hands over at once knows before the append.
      const logged = async (): Promise<void> => journal.durable(log(journal, 'lost'))
      await rejects('JOURNAL_POISONED', logged())
      fails('JOURNAL_POISONED', () => log(journal, 'more'))
      await rejects('JOURNAL_POISONED', journal.checkpoint([]))
      if (journal.lastLsn > journal.durableLsn) {
        await rejects('JOURNAL_POISONED', journal.flush())
        await rejects('JOURNAL_POISONED', journal.close())
      }
      same(replayed(await around.crash()).commands, ['1 1/7 kept'])
    },
  },
]
