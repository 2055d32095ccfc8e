import { failingCalls } from '../src/scenarios/failing-calls.ts'
import { torment } from './torment.ts'

torment(failingCalls, { 'processes poisoned': 5, 'processes killed': 3, 'processes refused': 2, 'acknowledged records': 1000 })
