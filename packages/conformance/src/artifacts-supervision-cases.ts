import type { ArtifactStore, Supervised, SymphonyError } from '@symphony/interface'
import { described, liveThrough, NOBODY, setUp } from './artifacts-stage.ts'
import type { Stage } from './artifacts-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

type SupervisedStore = ArtifactStore & Supervised & Required<Pick<Supervised, 'reset'>>

const needs = ['supervision', 'replayable']
const NAMES = ['page', 'none']
const KEYS = ['both', 'gone', 'forgotten']

/** Rebuilds a store in place from what it has logged. */
function rebuild({ store, around }: Stage): void {
  ;(store as SupervisedStore).reset()
  for (const { type, body, lsn } of around.commands()) store.applyCommand(type, body, lsn)
  store.afterRecovery?.()
}

/** A store that finds out that it has failed inside, and lets itself be set up anew. */
export const artifactsSupervisionCases: readonly Case<ArtifactStore>[] = [
  {
    name: 'a store that has failed inside says so once, and takes nothing; a read gives what was put, or says that it may be tried again',
    needs: ['supervision'],
    async run(make) {
      const store = (await setUp(make)).store as SupervisedStore
      const ref = store.put('a page', { name: 'page' })
      const heard: SymphonyError[] = []
      store.onPanic((error) => heard.push(error))
      store.onPanic(() => ok(false, 'who has left is told nothing'))()
      store.quarantine('somebody broke it')
      store.quarantine('and again')
      equal(heard.length, 1, 'told once')
      same([heard[0]?.code, heard[0]?.retryable], ['BACKEND_PANIC', true])
      equal(store.health().status, 'quarantined')
      ok(store.health().reasons.some((reason) => reason.includes('somebody broke it')), 'health says why')
      for (const call of [
        () => store.put('another'),
        () => store.putJson(1),
        () => store.tag(ref, { a: 'b' }),
        () => store.pin(ref),
        () => store.delete(ref),
        () => store.remember('key', [ref]),
        () => store.recall('key'),
        () => store.head(ref),
        () => store.has(ref),
        () => store.latest('page'),
        () => store.get(NOBODY),
        () => store.getText(NOBODY),
      ]) ok(fails('BACKEND_PANIC', call).retryable, 'it may be tried again')
      try {
        equal(store.getText(ref), 'a page')
      } catch (error) {
        equal((error as SymphonyError).code, 'BACKEND_PANIC')
      }
    },
  },
  {
    name: 'a store that is rebuilt from what it logged is where it was, and goes on from there',
    needs,
    async run(make) {
      const stage = await setUp(make)
      const store = stage.store as SupervisedStore
      liveThrough(store, stage.around.clock)
      for (let look = 0; look < 4; look++) equal(store.checkInvariants(2), undefined)
      equal((store.writeMark?.() ?? 0) & 1, 0, 'between two calls nothing is being changed')
      const before = described(store, NAMES, KEYS)
      const snapshot = store.snapshot()
      store.quarantine('somebody broke it')
      rebuild(stage)
      equal(store.health().status, 'healthy')
      same(described(store, NAMES, KEYS), before)
      same(store.snapshot(), snapshot)
      equal(store.checkInvariants(1), undefined)
      const ref = store.put('after it')
      equal(store.getText(ref), 'after it')
      store.quarantine('again')
      rebuild(stage)
      equal(store.getText(ref), 'after it')
    },
  },
]
