import type { ArtifactRef, ArtifactStore, Lsn } from '@symphony/interface'
import { described, liveThrough, noise, setUp, streamed } from './artifacts-stage.ts'
import { describeAll, undescribed } from './descriptions.ts'
import { equal, fails, ok, rejects, same } from './expectations.ts'
import type { Case } from './suite.ts'

export const recoveryCases: readonly Case<ArtifactStore>[] = [
  {
    name: 'replaying the log gives the state that wrote it',
    needs: ['replayable'],
    async run(make) {
      const { store, around } = await setUp(make)
      liveThrough(store, around.clock)
      const twin = around.twin()
      around.clock.advance(1_000_000)
      for (const { type, body, lsn } of around.commands()) twin.applyCommand(type, body.slice(), lsn)
      same(described(twin, ['page'], ['both', 'gone', 'forgotten']), described(store, ['page'], ['both', 'gone', 'forgotten']))
      same(twin.snapshot(), store.snapshot())
    },
  },
  {
    name: 'a snapshot and what was logged after it give the same state',
    needs: ['replayable'],
    async run(make) {
      const { store, around } = await setUp(make)
      store.put('before', { name: 'page' })
      liveThrough(store, around.clock)
      const snapshot = store.snapshot()
      const logged = around.commands().length
      store.delete(store.versions('page')[0]?.ref as ArtifactRef)
      store.put('after', { name: 'page' })
      const twin = around.twin()
      twin.restore(snapshot)
      for (const { type, body, lsn } of around.commands().slice(logged)) twin.applyCommand(type, body, lsn)
      twin.afterRecovery?.()
      same(described(twin, ['page'], ['both', 'gone']), described(store, ['page'], ['both', 'gone']))
      same(twin.snapshot(), store.snapshot())
    },
  },
  {
    name: 'a snapshot does not depend on reads and on the time',
    needs: ['replayable'],
    async run(make) {
      const { store, around } = await setUp(make)
      liveThrough(store, around.clock)
      const snapshot = store.snapshot()
      around.clock.advance(1000)
      for (const ref of store.refs()) store.get(ref)
      store.recall('both')
      same(store.snapshot(), snapshot)
    },
  },
  {
    name: 'what was logged is told by command and address, and looking changes nothing',
    needs: ['replayable', 'descriptions'],
    async run(make) {
      const { store, around } = await setUp(make)
      liveThrough(store, around.clock)
      const described = describeAll(around.twin(), around.commands())
      const told = JSON.stringify(described)
      for (const ref of store.refs()) ok(told.includes(ref), `${ref} is told of`)
      ok(told.includes('forgotten') && told.includes('image/png'), 'keys and kinds are told')
    },
  },
  undescribed(),
  {
    name: 'a command nobody knows is refused',
    needs: ['replayable'],
    async run(make) {
      const { store } = await setUp(make)
      fails('LAYOUT_MISMATCH', () => store.applyCommand(9999, new Uint8Array(64), 1 as Lsn))
    },
  },
  {
    name: 'everything is there after opening again, and goes on',
    needs: ['persistence'],
    async run(make) {
      const { store, around } = await setUp(make, { largeBytes: 2000 })
      liveThrough(store, around.clock)
      const before = described(store, ['page'], ['both', 'gone'])
      const reopened = await around.reopen()
      same(described(reopened, ['page'], ['both', 'gone']), before)
      const ref = reopened.put('afterwards', { name: 'page' })
      const large = reopened.put(noise(5000, 9))
      const again = await around.reopen()
      equal(again.getText(ref), 'afterwards')
      same([...again.get(large)], [...noise(5000, 9)])
      equal(again.latest('page'), ref)
      const corrupt: ArtifactRef[] = []
      for await (const found of again.verify()) corrupt.push(found)
      same(corrupt, [])
    },
  },
  {
    name: 'changed bytes are never handed out',
    needs: ['persistence'],
    async run(make) {
      const { store, around } = await setUp(make, { largeBytes: 2000 })
      const [small, large, intact] = [store.put(noise(100)), store.put(noise(3000)), store.put('intact')]
      around.damage(small)
      around.damage(large)
      const reopened = await around.reopen()
      for (const ref of [small, large]) {
        const error = fails('ARTIFACT_CORRUPT', () => reopened.get(ref))
        equal(error.details['ref'], ref)
        ok(typeof error.details['file'] === 'string', 'the error names the file')
        await rejects('ARTIFACT_CORRUPT', streamed(reopened, ref))
      }
      equal(reopened.getText(intact), 'intact')
      const corrupt: ArtifactRef[] = []
      for await (const ref of reopened.verify()) corrupt.push(ref)
      same(corrupt, [small, large])
    },
  },
]
