import { COMMANDS as ARBITRATION_COMMANDS } from '@symphony/arbitration'
import { COMMANDS as ARTIFACT_COMMANDS } from '@symphony/artifacts'
import { COMMANDS as DAG_COMMANDS, RUN_COMMANDS } from '@symphony/dag'
import { COMPONENT_IDS } from '@symphony/interface'

const TABLES: readonly (readonly [component: number, commands: Readonly<Record<string, number>>])[] = [
  [COMPONENT_IDS.dag, DAG_COMMANDS],
  [COMPONENT_IDS.dag, RUN_COMMANDS],
  [COMPONENT_IDS.artifacts, ARTIFACT_COMMANDS],
  [COMPONENT_IDS.arbitration, ARBITRATION_COMMANDS],
]

const NAMES: ReadonlyMap<string, string> = new Map(
  TABLES.flatMap(([component, commands]) => Object.entries(commands).map(([name, type]) => [`${component} ${type}`, name.toLowerCase().replaceAll('_', '-')] as const)),
)
const COMPONENTS: ReadonlyMap<number, string> = new Map(Object.entries(COMPONENT_IDS).map(([name, id]) => [id, name]))

/** Names of a command and its component, as far as this version knows them. */
export function namesOf(component: number, type: number): { readonly component: string | undefined; readonly command: string | undefined } {
  return { component: COMPONENTS.get(component), command: NAMES.get(`${component} ${type}`) }
}
