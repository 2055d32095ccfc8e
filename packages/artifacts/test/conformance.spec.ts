import { artifactsSuite, declareSuite } from '@symphony/conformance'
import { createArtifactStore } from '@symphony/artifacts'
import { describe, it } from 'vitest'
import { makeSubject } from './subject.ts'

const inMemory = createArtifactStore()
const { supports } = inMemory
const withFolder = { ...supports, features: { ...supports.features, persistence: true, replica: true } }

describe('in memory', () => declareSuite({ describe, it }, artifactsSuite, { supports, create: (options) => makeSubject(options, false) }))
describe('with a folder', () => declareSuite({ describe, it }, artifactsSuite, { supports: withFolder, create: (options) => makeSubject(options, true) }))
describe('with a folder and without a cache', () =>
  declareSuite({ describe, it }, artifactsSuite, { supports: withFolder, create: (options) => makeSubject({ ...options, cacheBytesMax: 0, search: true }, true) }))
describe('without search', () => {
  const mute = createArtifactStore({ search: false })
  declareSuite({ describe, it }, artifactsSuite, { supports: mute.supports, create: (options) => makeSubject({ ...options, search: false }, false) })
})
