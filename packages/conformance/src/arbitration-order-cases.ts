import type { ArbitrationEngine, ModelNumber, Ticket } from '@symphony/interface'
import { MODEL, OTHER, stage, submit, submitMany, granted, turns, count } from './arbitration-stage.ts'
import { equal, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** Who goes next. */
export const orderCases: readonly Case<ArbitrationEngine>[] = [
  {
    name: 'a grant hands back what was asked for, and nothing comes from an empty line',
    async run(make) {
      const s = await stage(make)
      equal(s.engine.next(MODEL), undefined)
      const ticket = submit(s, { tenant: 'b', tag: 77 })
      same({ ...granted(s) }, { ticket, model: MODEL, tenant: 'b', tag: 77 })
      equal(s.engine.next(MODEL), undefined)
    },
  },
  {
    name: 'tickets rise, and models have lines of their own',
    async run(make) {
      const s = await stage(make)
      const first = submit(s)
      const second = submit(s, { model: OTHER })
      ok(second > first, 'tickets rise')
      same([s.engine.waiting(MODEL), s.engine.waiting(OTHER), s.engine.waiting(9 as ModelNumber)], [1, 1, 0])
      equal(granted(s, OTHER).ticket, second)
      equal(s.engine.next(OTHER), undefined)
    },
  },
  {
    name: 'a higher priority always goes first, whoever was served how much',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 3, { tenant: 'low', priority: -1 })
      submitMany(s, 3, { tenant: 'high', priority: 5 })
      submitMany(s, 3, { tenant: 'middle' })
      same(turns(s, 9, 1_000), [...Array(3).fill('high'), ...Array(3).fill('middle'), ...Array(3).fill('low')])
    },
  },
  {
    name: 'within a tenant the better score goes first, then the older ticket',
    async run(make) {
      const s = await stage(make)
      const tickets = [1, 5, 5, -2, 9].map((score) => submit(s, { score }))
      const got = tickets.map(() => granted(s).ticket)
      same(got, [4, 1, 2, 0, 3].map((at) => tickets[at]))
    },
  },
  {
    name: 'equal tenants take turns, however long one of them has been in line with however many',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 50, { tenant: 'crowd' })
      submitMany(s, 10, { tenant: 'few' })
      const who = turns(s, 20)
      equal(count(who, 'few'), 10)
    },
  },
  {
    name: 'shares follow weights',
    async run(make) {
      const s = await stage(make)
      s.engine.setWeight('heavy', 3)
      submitMany(s, 100, { tenant: 'heavy' })
      submitMany(s, 100, { tenant: 'light' })
      const heavy = count(turns(s, 80), 'heavy')
      ok(heavy >= 58 && heavy <= 62, `${heavy} of 80 went to weight 3 of 4`)
    },
  },
  {
    name: 'service counts by its duration, not by calls',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 200, { tenant: 'long' })
      submitMany(s, 200, { tenant: 'short' })
      const who = turns(s, 110, (tenant) => (tenant === 'long' ? 1_000 : 100))
      const long = count(who, 'long')
      ok(long >= 8 && long <= 14, `${long} calls of 1 s beside ${110 - long} of 0.1 s`)
    },
  },
  {
    name: 'who was idle has saved up nothing',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 200, { tenant: 'busy' })
      turns(s, 1, 100)
      submitMany(s, 1, { tenant: 'idle' })
      turns(s, 99, 100)
      submitMany(s, 50, { tenant: 'idle' })
      const idle = count(turns(s, 20, 100), 'idle')
      ok(idle >= 9 && idle <= 11, `${idle} of 20 after a long rest`)
    },
  },
  {
    name: 'nobody of equal weight waits longer than everybody else\'s turn',
    async run(make) {
      const s = await stage(make)
      const tenants = Array.from({ length: 20 }, (_, at) => `t${at}`)
      for (const tenant of tenants) submitMany(s, 30, { tenant })
      turns(s, 100)
      submit(s, { tenant: 'new' })
      const waited = turns(s, 60).indexOf('new')
      ok(waited >= 0 && waited <= 2 * tenants.length, `a new tenant was passed over ${waited} times by ${tenants.length} others`)
    },
  },
  {
    name: 'equal input gives equal decisions with equal reasons',
    async run(make) {
      const play = async (): Promise<unknown> => {
        const s = await stage(make)
        s.engine.setWeight('b', 2)
        for (let n = 0; n < 60; n++) submit(s, { tenant: 'abc'[n % 3] as string, priority: n % 2, score: (n * 7) % 5, tag: n })
        turns(s, 40, (tenant) => tenant.charCodeAt(0) % 7)
        return s.engine.history({ limit: 100 })
      }
      same(await play(), await play())
    },
  },
  {
    name: 'position foretells the order',
    async run(make) {
      const s = await stage(make)
      s.engine.setWeight('b', 4)
      for (let n = 0; n < 30; n++) submit(s, { tenant: 'abc'[(n * n) % 3] as string, priority: n % 5 === 0 ? 1 : 0, score: n % 4, tag: n })
      const tickets = Array.from({ length: 30 }, (_, n) => s.engine.history({ outcome: 'waiting' })[n]?.ticket as Ticket)
      const foretold = tickets.toSorted((x, y) => (s.engine.position(x) as number) - (s.engine.position(y) as number))
      same(tickets.map((ticket) => s.engine.position(ticket)).sort((x, y) => (x as number) - (y as number)), Array.from({ length: 30 }, (_, n) => n + 1))
      same(tickets.map(() => granted(s).ticket), foretold)
      equal(s.engine.position(tickets[0] as Ticket), undefined)
    },
  },
]
