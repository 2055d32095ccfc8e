import { twoProcesses } from '../src/scenarios/two-processes.ts'
import { torment } from './torment.ts'

torment(twoProcesses, { 'looks beside a writer': 24 })
