import { dagSuite, declareSuite } from '@symphony/conformance'
import { describe, it } from 'vitest'
import { setupWith } from './stage.ts'

declareSuite({ describe, it }, dagSuite, setupWith((whole) => whole))
