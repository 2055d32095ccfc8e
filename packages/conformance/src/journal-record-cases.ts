import type { ComponentId, Journal } from '@symphony/interface'
import { equal, fails, same } from './expectations.ts'
import { log, open, replayed } from './journal-stage.ts'
import type { Case } from './suite.ts'

const encoder = new TextEncoder()

/** What is logged comes back as it was. */
export const journalRecordCases: readonly Case<Journal>[] = [
  {
    name: 'numbers records from 1, without a gap',
    async run(make) {
      const { journal } = await open(make)
      equal(journal.lastLsn, 0)
      same([log(journal, 'a'), log(journal, 'b'), log(journal, 'c')], [1, 2, 3])
      equal(journal.lastLsn, 3)
    },
  },
  {
    name: 'replays what was logged, in order and byte for byte',
    async run(make) {
      const { journal, around } = await open(make)
      const bodies = [0, 1, 7, 8, 9, 100, 4096, 60_000].map((length) => Uint8Array.from({ length }, (_, at) => (at * 31 + length) % 256))
      for (const [index, body] of bodies.entries()) journal.append((index % 7) as ComponentId, index * 9000, body)
      const again: string[] = []
      const report = (await around.reopen()).replay(({ lsn, component, type, body }) => {
        again.push(`${lsn} ${component} ${type} ${Buffer.from(body).toString('base64')}`)
      })
      same(again, bodies.map((body, index) => `${index + 1} ${index % 7} ${index * 9000} ${Buffer.from(body).toString('base64')}`))
      equal(report.records, bodies.length)
      equal(report.commands, bodies.length)
      equal(report.lastLsn, bodies.length)
    },
  },
  {
    name: 'copies the bytes when they are appended',
    async run(make) {
      const { journal, around } = await open(make)
      const body = encoder.encode('before')
      journal.append(1, 1, body)
      body.fill(0)
      same(replayed(await around.reopen()).commands, ['1 1/1 before'])
    },
  },
  {
    name: 'makes one record of a transaction, nested ones included',
    async run(make) {
      const { journal, around } = await open(make)
      log(journal, 'before')
      const lsns = journal.transact(() => [log(journal, 'x'), journal.transact(() => log(journal, 'y', 2, 8)), log(journal, 'z')])
      same(lsns, [2, 2, 2])
      equal(log(journal, 'after'), 3)
      const { commands, report } = replayed(await around.reopen())
      same(commands, ['1 1/7 before', '2 1/7 x', '2 2/8 y', '2 1/7 z', '3 1/7 after'])
      equal(report.records, 3)
      equal(report.commands, 5)
    },
  },
  {
    name: 'logs nothing for an empty transaction',
    async run(make) {
      const { journal } = await open(make)
      equal(journal.transact(() => 'result'), 'result')
      equal(log(journal, 'a'), 1)
    },
  },
  {
    name: 'keeps what a change logged before it threw',
    async run(make) {
      const { journal, around } = await open(make)
      const change = (): void => {
        log(journal, 'applied')
        throw new Error('and then it went wrong')
      }
      let message = ''
      try {
        journal.transact(change)
      } catch (error) {
        message = (error as Error).message
      }
      equal(message, 'and then it went wrong')
      equal(log(journal, 'next'), 2)
      same(replayed(await around.reopen()).commands, ['1 1/7 applied', '2 1/7 next'])
    },
  },
  {
    name: 'refuses a record beyond the limit and goes on',
    async run(make) {
      const { journal, around } = await open(make)
      fails('JOURNAL_RECORD_TOO_LARGE', () => journal.append(1, 1, new Uint8Array(64 << 20)))
      equal(log(journal, 'small'), 1)
      same(replayed(await around.reopen()).commands, ['1 1/7 small'])
    },
  },
]
