import { killedJournal } from '../src/scenarios/killed-journal.ts'
import { torment } from './torment.ts'

torment(killedJournal, { kills: 90, 'acknowledged records': 1000 })
