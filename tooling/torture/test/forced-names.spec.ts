import { forcedNames } from '../src/scenarios/forced-names.ts'
import { torment } from './torment.ts'

torment(forcedNames, { 'names forced': 20 })
