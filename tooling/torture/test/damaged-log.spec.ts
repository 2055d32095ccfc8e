import { damagedLog } from '../src/scenarios/damaged-log.ts'
import { torment } from './torment.ts'

torment(damagedLog, { 'damages told': 50, 'ends of logs cut': 20, 'damages without loss': 50 })
