import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Runtime, Supervised } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime, healthStory } from '@symphony/runtime'
import { settle } from './virtual-time.ts'
import { virtualTurns } from './virtual-turns.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-story-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const healthOf = (symphony: Runtime, name: string) => symphony.health().components.find(({ component }) => component.endsWith(name))

describe('the story of how things went', () => {
  it('is empty when nothing happened, and tells who failed inside, who did less, since when and why', async () => {
    const clock = new VirtualClock(Date.UTC(2030, 0, 1))
    await using symphony = await createRuntime({ folder, clock, turns: virtualTurns(clock) })
    expect(healthStory(symphony.health())).toEqual([])
    clock.advance(1_000)
    ;(symphony.artifacts as unknown as Supervised).quarantine('a test says so')
    expect(healthStory(symphony.health())).toEqual([
      '@symphony/artifacts failed inside once and was restored 0 times.',
      expect.stringMatching(/^@symphony\/artifacts is quarantined since 2030-01-01T00:00:01.000Z: The artifact store failed inside: a test says so/),
      expect.stringMatching(/^conductor is degraded since 2030-01-01T00:00:01.000Z: begins nothing until "artifacts" is restored/),
    ])
    clock.advance(500)
    while (healthOf(symphony, 'artifacts')?.restorations === 0) await settle(1)
    await settle()
    expect(healthStory(symphony.health())).toEqual([
      '@symphony/artifacts failed inside once and was restored once; no result was lost.',
      expect.stringMatching(/^conductor was degraded once, 0.5 s in all, last from 2030-01-01T00:00:01.000Z: begins nothing until "artifacts" is restored/),
    ])
    expect(healthOf(symphony, 'artifacts')?.episodes).toMatchObject([{ status: 'quarantined', sinceMs: Date.UTC(2030, 0, 1) + 1_000, untilMs: Date.UTC(2030, 0, 1) + 1_500 }])
  })

  it('keeps the last sixteen times, however many there were', async () => {
    await using symphony = await createRuntime({ folder })
    const { conductor } = symphony
    const once = { name: 'once', tasks: [{ id: 'a', run: () => 1 }] }
    for (let time = 0; time < 20; time++) {
      conductor.setPolicy({ name: `wrong ${time}`, score: () => { throw new Error('no idea') } })
      await (await conductor.orchestrate(once)).result()
      symphony.health()
      conductor.setPolicy({ name: 'right', score: () => {} })
      symphony.health()
    }
    const episodes = healthOf(symphony, 'conductor')?.episodes ?? []
    expect(episodes.length).toBe(16)
    expect(episodes.every(({ untilMs }) => untilMs !== undefined)).toBe(true)
    expect(episodes.at(-1)?.reasons[0]).toContain('wrong 19')
  })
})
