import type { CheckpointSection, ComponentId, Journal, LoggedCommand, Lsn, ReplayReport } from '@symphony/interface'
import { equal, fails, ok, rejects, same } from './expectations.ts'
import type { Case, Maker, Suite } from './suite.ts'

/**
 * The handles a journal's cases need on its storage. `reopen` and `openSecond` are always there; the others belong to the
 * features `crash`, `faults`, `damage` and `otherFile`.
 */
export interface JournalSurroundings {
  /** Closes the journal, if that has not happened, and opens the same storage again. */
  reopen(): Promise<Journal>
  /** Opens the same storage once more while it is open. */
  openSecond(): Promise<Journal>
  /** `crash`: leaves the journal as it is, drops what was not durable, and opens what survived. */
  crash(): Promise<Journal>
  /** `faults`: from now on the storage refuses to be written and forced. `repair` ends that. */
  breakDisk(): void
  repairDisk(): void
  /** `damage`: closes the journal, changes a bit in a record that is not the last one, and opens it again. */
  damage(): Promise<Journal>
  /** `otherFile`: appends to a file beside the log; what of it is there after the last `crash`. */
  writeOther(text: string): number
  readOther(): string
}

interface Opened {
  readonly journal: Journal
  readonly around: JournalSurroundings
}

interface Replayed {
  readonly report: ReplayReport
  /** `lsn component/type body`, one a command. */
  readonly commands: readonly string[]
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

async function open(make: Maker<Journal>): Promise<Opened> {
  const { component, surroundings } = await make()
  return { journal: component, around: surroundings as unknown as JournalSurroundings }
}

function log(journal: Journal, text: string, component: ComponentId = 1, type = 7): Lsn {
  return journal.append(component, type, encoder.encode(text))
}

function replayed(journal: Journal): Replayed {
  const commands: string[] = []
  const report = journal.replay((command) => commands.push(`${command.lsn} ${command.component}/${command.type} ${decoder.decode(command.body)}`))
  return { report, commands }
}

/** A state that depends on every command and on their order. */
function fold(state: number, { lsn, component, type, body }: Pick<LoggedCommand, 'lsn' | 'component' | 'type' | 'body'>): number {
  return body.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, (state * 31 + lsn * 7 + component * 3 + type) % 1_000_003)
}

const section = (component: ComponentId, text: string): CheckpointSection => ({ component, bytes: encoder.encode(text) })

const recordCases: readonly Case<Journal>[] = [
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

const durabilityCases: readonly Case<Journal>[] = [
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
]

const checkpointCases: readonly Case<Journal>[] = [
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
]

const lifeCases: readonly Case<Journal>[] = [
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

/** What every Journal has to get right. */
export const journalSuite: Suite<Journal> = { component: 'journal', cases: [...recordCases, ...durabilityCases, ...checkpointCases, ...lifeCases] }
