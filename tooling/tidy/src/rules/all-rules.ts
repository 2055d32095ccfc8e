import type { Rule } from '../problem.ts'
import { bannedCalls } from './banned-calls.ts'
import { fileNames } from './file-names.ts'
import { imports } from './imports.ts'
import { leftovers } from './leftovers.ts'
import { lengths } from './lengths.ts'
import { machineWords } from './machine-words.ts'
import { manifests } from './manifests.ts'
import { namedExports } from './named-exports.ts'
import { nativeExports } from './native-exports.ts'
import { wellFormed } from './well-formed.ts'

export const ALL_RULES: readonly Rule[] = [wellFormed, bannedCalls, imports, fileNames, lengths, leftovers, namedExports, manifests, machineWords, nativeExports]
