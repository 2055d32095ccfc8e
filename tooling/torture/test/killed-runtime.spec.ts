import { killedRuntime } from '../src/scenarios/killed-runtime.ts'
import { torment } from './torment.ts'

torment(killedRuntime, { kills: 35, 'runs ended': 32 })
