// The same task for workerpool, which wants its methods registered.
import { worker } from 'workerpool'
import { echo } from './echo-model.ts'

worker({ echo })
