import { deadWorker } from '../src/scenarios/dead-worker.ts'
import { torment } from './torment.ts'

torment(deadWorker, { 'threads died': 16 })
