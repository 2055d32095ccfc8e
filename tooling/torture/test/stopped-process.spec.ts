import { stoppedProcess } from '../src/scenarios/stopped-process.ts'
import { torment } from './torment.ts'

torment(stoppedProcess, { stops: 2 })
