import { failingPort } from '../src/scenarios/failing-port.ts'
import { torment } from './torment.ts'

torment(failingPort, { 'operations failed': 250, 'journals poisoned': 150, 'openings refused': 20 })
