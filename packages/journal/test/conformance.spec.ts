import { declareSuite, journalSuite } from '@symphony/conformance'
import type { JournalInit } from '@symphony/journal'
import { describe, it } from 'vitest'
import { inlineSubject, threadSubject } from './journal-setups.ts'

const supports = (multiThreaded: boolean, features: Readonly<Record<string, boolean>>) => ({ sharedRegion: false, replayable: true, multiThreaded, features })
const init = (options: Readonly<Record<string, unknown>>): Partial<JournalInit> => options

describe('inline writer', () => {
  const features = { crash: true, faults: true, damage: true, otherFile: true, placing: true }
  declareSuite({ describe, it }, journalSuite, { supports: supports(false, features), create: (options) => inlineSubject(init(options)) })
  declareSuite({ describe, it }, journalSuite, { supports: supports(false, features), create: (options) => inlineSubject({ durability: 'sync', ...init(options) }) })
})

describe('writer thread', () => {
  declareSuite({ describe, it }, journalSuite, { supports: supports(true, { crash: true, placing: true }), create: (options) => threadSubject({ threadAfterCommits: 0, ...init(options) }) })
})

describe('writer thread that is started when there is enough to write', () => {
  declareSuite({ describe, it }, journalSuite, { supports: supports(true, { crash: true, placing: true }), create: (options) => threadSubject(init(options)) })
  declareSuite({ describe, it }, journalSuite, { supports: supports(true, { crash: true, placing: true }), create: (options) => threadSubject({ threadAfterCommits: 1, ...init(options) }) })
})
