import { killedDocket } from '../src/scenarios/killed-docket.ts'
import { torment } from './torment.ts'

torment(killedDocket, { kills: 15, records: 20, 'kinds of commands struck': 5 })
