import { fullDisk } from '../src/scenarios/full-disk.ts'
import { torment } from './torment.ts'

torment(fullDisk, { 'logs that met a full disk': 6, 'runtimes that met a full disk': 2 })
