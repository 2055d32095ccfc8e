import { packageBuild } from '../../tooling/build/tsup.ts'

export default packageBuild(['src/index.ts', 'src/dag.ts'])
