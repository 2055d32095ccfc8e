import { powerCutRuntime } from '../src/scenarios/power-cut-runtime.ts'
import { torment } from './torment.ts'

torment(powerCutRuntime, { 'power cuts': 15, 'durable tasks': 50 })
