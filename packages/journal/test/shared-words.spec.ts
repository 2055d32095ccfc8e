import { afterEach, describe, expect, it, vi } from 'vitest'
import { SharedWords, WORDS } from '../src/shared-words.ts'

afterEach(() => void vi.restoreAllMocks())

const settled = async (promise: Promise<void>): Promise<boolean> => {
  let isSettled = false
  void promise.then(() => (isSettled = true))
  // A wait that another thread ends is told of in a later turn.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
  return isSettled
}

/** Lets the writer do something between the two halves of what the main thread does: there is no other moment to get between. */
function justBefore(method: 'waitAsync' | 'wait', act: () => void): void {
  const original = Atomics[method] as (...args: unknown[]) => unknown
  vi.spyOn(Atomics, method).mockImplementationOnce(((...args: unknown[]) => {
    act()
    return original(...args)
  }) as never)
}

describe('the words two threads share', () => {
  it('wakes who waits with the next announcement', async () => {
    const shared = new SharedWords()
    shared.announceDurable(1)
    const next = shared.nextAnnouncement(1)
    expect(await settled(next)).toBe(false)
    shared.announceDurable(2)
    expect(await settled(next)).toBe(true)
  })

  it('wakes at once who missed it', async () => {
    const shared = new SharedWords()
    shared.announceDurable(2)
    expect(await settled(shared.nextAnnouncement(1))).toBe(true)
  })

  it('does not take the end of an announcement that was seen for the one that is waited for', async () => {
    const shared = new SharedWords()
    shared.announceDurable(1)
    // The writer has stored record 1, the main thread has seen it and wants to wait for the next; only now the writer looks whether somebody waits.
    justBefore('waitAsync', () => shared.announceDurable(1))
    const next = shared.nextAnnouncement(1)
    shared.announceDurable(2)
    expect(await settled(next)).toBe(true)
  })

  it('is woken by a failure, before the wait and during it', async () => {
    const failure = { code: 'STORAGE_FAILED', component: 'journal', message: 'gone', retryable: false, details: {} } as const
    for (const isEarly of [true, false]) {
      const shared = new SharedWords()
      if (isEarly) shared.poison(failure)
      const next = shared.nextAnnouncement(0)
      if (!isEarly) shared.poison(failure)
      expect(await settled(next)).toBe(true)
    }
  })

  it('asks for no more wake-ups once it was woken', async () => {
    const shared = new SharedWords()
    const next = shared.nextAnnouncement(0)
    shared.announceDurable(1)
    await next
    const notify = vi.spyOn(Atomics, 'notify')
    shared.announceDurable(2)
    expect(notify).not.toHaveBeenCalled()
  })

  it('keeps asking for room while it stands still for it, and no longer', () => {
    const shared = new SharedWords()
    let woken = 0
    justBefore('wait', () => {
      const notify = vi.spyOn(Atomics, 'notify')
      // Two commits: the first one had emptied the ring before anybody stood still.
      shared.announceDurable(1)
      shared.announceDurable(2)
      woken = notify.mock.calls.filter(([, word]) => word === WORDS.tail).length
      Atomics.store(shared.words, WORDS.tail, 1)
    })
    expect(shared.waitForRoom(0, 1000)).toBe(true)
    expect(woken).toBe(2)
    expect(shared.waitForRoom(1, 1)).toBe(false)
    expect(shared.words[WORDS.mainBlocked]).toBe(0)
  })
})
