import { describe, it } from 'vitest'
import { declareSuite, poolSuite } from '@symphony/conformance'
import { poolSetup } from './pool-setup.ts'

declareSuite({ describe, it }, poolSuite, poolSetup())
