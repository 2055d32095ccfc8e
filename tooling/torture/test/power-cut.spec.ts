import { powerCut } from '../src/scenarios/power-cut.ts'
import { torment } from './torment.ts'

torment(powerCut, { 'power cuts': 60, 'acknowledged records': 1000 })
