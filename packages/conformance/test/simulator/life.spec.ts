import { describe, expect, it } from 'vitest'
import { seededRandom, VirtualClock } from '@symphony/ports'
import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import { Life } from '../../src/simulator/life.ts'
import { SeededTurns } from '../../src/simulator/seeded-turns.ts'

function order(seed: number): string {
  const turns = new SeededTurns(seededRandom(seed), new VirtualClock())
  const ran: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) turns.later(() => ran.push(name))
  for (let run = turns.take(); run !== undefined; run = turns.take()) run()
  return ran.join('')
}

describe('turns of a simulated process', () => {
  it('come in an order that the seed draws', () => {
    expect(order(7)).toBe(order(7))
    expect(new Set(Array.from({ length: 200 }, (_, seed) => order(seed))).size).toBe(24)
  })

  it('are forgotten at its end', () => {
    const turns = new SeededTurns(seededRandom(1), new VirtualClock())
    turns.later(() => {})
    turns.end()
    turns.later(() => {})
    expect([turns.waiting, turns.take()]).toEqual([0, undefined])
  })
})

describe('what a simulated process does again and again', () => {
  it('comes when its time has passed, once however long ago, until it is stopped', () => {
    const clock = new VirtualClock()
    const turns = new SeededTurns(seededRandom(1), clock)
    const beats: number[] = []
    const heartbeat = turns.every(100, () => beats.push(clock.monotonicMs()))
    for (const byMs of [99, 1, 50, 1000, 99, 1]) {
      clock.advance(byMs)
      turns.beat()
    }
    expect([beats, turns.isBeating, heartbeat.lateMs()]).toEqual([[100, 1150, 1250], true, 0])
    heartbeat.stop()
    clock.advance(100)
    turns.beat()
    expect([beats.length, turns.isBeating]).toEqual([3, false])
  })
})

describe('a simulated process', () => {
  const open = (clock: VirtualClock, files = new SimulatedFileSystem()): Life => new Life(1, files, clock, seededRandom(1))

  it('takes its timers with it, and nobody else\'s', () => {
    const clock = new VirtualClock()
    const life = open(clock)
    const fired: string[] = []
    life.clock.schedule(5, () => fired.push('its own, in time'))
    life.clock.schedule(20, () => fired.push('its own'))
    clock.schedule(20, () => fired.push('the world\'s'))
    clock.advance(10)
    life.end()
    clock.advance(100)
    life.clock.schedule(1, () => fired.push('a dead one\'s'))
    clock.advance(100)
    expect(fired).toEqual(['its own, in time', 'the world\'s'])
  })

  it('stands still while an operation takes long: time passes, and its timers come later', () => {
    const clock = new VirtualClock()
    const { clock: own } = open(clock)
    const firedAtMs: number[] = []
    own.stall(2000)
    expect([own.monotonicMs(), own.nowMs() - clock.nowMs(), clock.monotonicMs()]).toEqual([2000, 2000, 0])
    own.schedule(10, () => firedAtMs.push(own.monotonicMs()))
    clock.advance(2000)
    expect([own.monotonicMs(), own.behindMs]).toEqual([2000, 0])
    clock.advance(10)
    expect(firedAtMs).toEqual([2010])
  })

  it('dies at an operation, and reaches nothing any more', () => {
    const files = new SimulatedFileSystem({ crash: { at: 2, moment: 'after' } })
    const life = open(new VirtualClock(), files)
    life.ports.fileSystem.makeFolder('/a')
    expect(() => life.ports.fileSystem.makeFolder('/b')).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }))
    expect([life.isOver, life.disk.refused]).toEqual([true, 0])
    expect(() => life.ports.fileSystem.list('/')).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }))
    expect(files.killed().list('/')).toEqual(['a', 'b'])
  })
})
