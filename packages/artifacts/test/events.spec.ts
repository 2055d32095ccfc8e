import { createArtifactStore } from '@symphony/artifacts'
import type { Lsn } from '@symphony/interface'
import { EVENTS } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { expect, it } from 'vitest'
import { RecordingLog } from './recording-log.ts'

it('tells what happened, live and not on replay', () => {
  const told: number[][] = []
  const log = new RecordingLog()
  const events = { publish: (...event: number[]) => void told.push(event) }
  const store = createArtifactStore({}, { events, log })
  const ref = store.put('12345')
  store.put('12345')
  store.recall('nothing')
  store.remember('key', [ref])
  store.recall('key')
  store.delete(ref)
  const live = [
    [EVENTS.ARTIFACT_PUT, 0, 5, 0],
    [EVENTS.ARTIFACT_PUT, 0, 5, 1],
    [EVENTS.RESULT_RECALLED, 0, 0, 0],
    [EVENTS.RESULT_RECALLED, 0, 1, 0],
    [EVENTS.ARTIFACT_DELETED, 0, 5, 0],
  ]
  expect(told).toEqual(live)
  const twin = createArtifactStore({}, { events })
  for (const { type, body, lsn } of log.commands) twin.applyCommand(type, body, lsn)
  expect(told).toEqual(live)
})

it('logs only what changes something', () => {
  const log = new RecordingLog()
  const store = createArtifactStore({}, { log })
  const ref = store.put('text', { name: 'n', tags: { a: '1' } })
  store.remember('key', [ref])
  const logged = log.commands.length
  store.put('text', { name: 'n', tags: { a: '1' } })
  store.put('text')
  store.tag(ref, { a: '1' })
  store.tag(ref, {})
  store.remember('key', [ref])
  store.forget('other')
  store.get(ref)
  expect(log.commands.length).toBe(logged)
})

it('knows when something was last used', () => {
  const clock = new VirtualClock()
  const store = createArtifactStore({}, { clock })
  const ref = store.put('text')
  const createdAtMs = clock.nowMs()
  expect(store.lastUsedAtMs(ref)).toBe(createdAtMs)
  clock.advance(10)
  store.get(ref)
  expect(store.lastUsedAtMs(ref)).toBe(createdAtMs + 10)
  clock.advance(10)
  store.put('text')
  expect(store.lastUsedAtMs(ref)).toBe(createdAtMs + 20)
  store.restore(store.snapshot())
  expect(store.head(ref)?.createdAtMs).toBe(createdAtMs)
})

it('a pin that is not there cannot be taken away', () => {
  const store = createArtifactStore()
  const ref = store.put('text')
  expect(() => store.unpin(ref)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error)
})

it('a log that goes on about what it never mentioned is refused', () => {
  const log = new RecordingLog()
  const store = createArtifactStore({}, { log })
  store.pin(store.put('text'))
  const pin = log.commands[1]
  expect(pin).toBeDefined()
  expect(() => createArtifactStore().applyCommand(pin?.type ?? 0, pin?.body ?? new Uint8Array(), 1 as Lsn)).toThrow(
    expect.objectContaining({ code: 'REGION_CORRUPT' }) as Error,
  )
})

it('a snapshot of another kind of store is refused', () => {
  const store = createArtifactStore()
  expect(() => store.restore(new Uint8Array(64))).toThrow(expect.objectContaining({ code: 'LAYOUT_MISMATCH' }) as Error)
})
