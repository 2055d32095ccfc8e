import type { Journal } from '@symphony/interface'
import { equal, fails, ok, rejects, same } from './expectations.ts'
import { log, open, replayed } from './journal-stage.ts'
import type { Case } from './suite.ts'

/** Opening, closing, failing. */
export const journalLifeCases: readonly Case<Journal>[] = [
  {
    name: 'is replayed once, and not after an append',
    async run(make) {
      const { journal } = await open(make)
      journal.replay(() => {})
      fails('INVALID_ARGUMENT', () => journal.replay(() => {}))
      const { journal: other } = await open(make)
      log(other, 'a')
      fails('INVALID_ARGUMENT', () => other.replay(() => {}))
    },
  },
  {
    name: 'refuses a second opener, and lets the next one in after a close',
    async run(make) {
      const { journal, around } = await open(make)
      await journal.durable(log(journal, 'a'))
      await rejects('JOURNAL_LOCKED', around.openSecond())
      await journal.durable(log(journal, 'b'))
      same(replayed(await around.reopen()).commands, ['1 1/7 a', '2 1/7 b'])
    },
  },
  {
    name: 'writes on close what nobody waited for, then refuses',
    async run(make) {
      const { journal, around } = await open(make)
      log(journal, 'a')
      await journal.close()
      await journal.close()
      fails('CLOSED', () => log(journal, 'b'))
      await rejects('CLOSED', journal.checkpoint([]))
      same(replayed(await around.reopen()).commands, ['1 1/7 a'])
    },
  },
  {
    name: 'is poisoned by a storage that fails: acknowledges nothing more, keeps what it acknowledged',
    needs: ['faults'],
    async run(make) {
      const { journal, around } = await open(make)
      await journal.durable(log(journal, 'kept'))
      around.breakDisk()
      const lost = log(journal, 'lost')
      await rejects('JOURNAL_POISONED', journal.durable(lost))
      equal(journal.durableLsn, 1)
      around.repairDisk()
      fails('JOURNAL_POISONED', () => log(journal, 'later'))
      await rejects('JOURNAL_POISONED', journal.flush())
      await rejects('JOURNAL_POISONED', journal.checkpoint([]))
      await rejects('JOURNAL_POISONED', journal.close())
      equal(replayed(await around.reopen()).commands[0], '1 1/7 kept')
    },
  },
  {
    name: 'refuses to open a log that was damaged, and says where it was still good',
    needs: ['damage'],
    async run(make) {
      const { journal, around } = await open(make)
      for (const text of ['a', 'b', 'c']) await journal.durable(log(journal, text))
      const error = await rejects('JOURNAL_CORRUPT', around.damage())
      ok(typeof error.details['lastGoodLsn'] === 'number' && error.details['lastGoodLsn'] < 3, 'tells the last good record')
    },
  },
]
