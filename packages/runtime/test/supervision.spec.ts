import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sweep } from './panic-sweep.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-supervision-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a backend of the tracker that panics', () => {
  for (const of of ['start', 'beginMany', 'complete', 'completeMany', 'fail', 'postpone', 'wake', 'take'] as const) {
    for (const when of of.endsWith('Many') ? (['before', 'midway', 'after'] as const) : (['before', 'after'] as const)) {
      it(`in every so many-th ${of}, ${when} its effect: all runs end, nothing is done twice, nothing is lost`, async () => {
        let thrown = 0
        for (const every of [1, 3, 101]) thrown += (await sweep(folder, { component: 'dag', of, every, when, most: 4 })).thrown
        if (of !== 'fail') expect(thrown).toBeGreaterThan(1)
      })
    }
  }
})

describe('a backend of the pool that panics', () => {
  for (const of of ['takeSlots', 'takeSlot', 'endLease', 'freeGateSlots', 'token']) {
    for (const when of ['before', 'after'] as const) {
      it(`in every so many-th ${of}, ${when} its effect: nobody notices, and no slot is lost`, async () => {
        let thrown = 0
        for (const every of [1, 3, 17]) thrown += (await sweep(folder, { component: 'pool', of, every, when, most: 40 })).thrown
        if (of !== 'takeSlot') expect(thrown).toBeGreaterThan(2)
      })
    }
  }
})

describe('a backend of the arbitration engine that panics', () => {
  for (const of of ['enqueue', 'next', 'settle', 'spend', 'resume', 'admitInstantly', 'settleInstantly']) {
    for (const when of ['before', 'after'] as const) {
      it(`in every so many-th ${of}, ${when} its effect: all tasks end, none is granted twice, every cent is accounted for`, async () => {
        let thrown = 0
        // What nothing is in the way of has to have slots enough.
        for (const every of [1, 3, 101]) thrown += (await sweep(folder, { component: 'arbitration', of, every, when, most: 4 }, of.endsWith('Instantly') ? 'plain' : 'scarce')).thrown
        if (of !== 'resume') expect(thrown).toBeGreaterThan(2)
      })
    }
  }
})

describe('a backend of the artifact store that panics', () => {
  for (const of of ['put', 'remember']) {
    for (const when of ['before', 'after'] as const) {
      it(`in every so many-th ${of}, ${when} its effect: all tasks end, none is done twice, no result is lost`, async () => {
        let thrown = 0
        for (const every of [1, 3, 23]) thrown += (await sweep(folder, { component: 'artifacts', of, every, when, most: 4 }, of === 'remember' ? 'remembered' : 'scarce')).thrown
        expect(thrown).toBeGreaterThan(2)
      })
    }
  }
})

describe('a backend of the stale manager that panics', () => {
  for (const of of ['add', 'step', 'release', 'nextDueMs']) {
    for (const when of ['before', 'after'] as const) {
      it(`in every so many-th ${of}, ${when} its effect: nobody notices, and what is idle is unloaded`, async () => {
        let thrown = 0
        for (const every of [1, 2]) thrown += (await sweep(folder, { component: 'stale', of, every, when, most: 5 }, 'scarce')).thrown
        // Whether a time is over before the runs are is for the machine to say.
        if (of === 'add' || of === 'nextDueMs') expect(thrown).toBeGreaterThan(0)
      })
    }
  }
})
