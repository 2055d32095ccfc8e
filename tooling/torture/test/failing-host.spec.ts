import { failingHost } from '../src/scenarios/failing-host.ts'
import { torment } from './torment.ts'

torment(failingHost, { 'commands that said so': 4 })
