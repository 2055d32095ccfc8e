import { packageBuild } from '../../tooling/build/tsup.ts'

// The models are files of their own: worker threads load them by URL.
export default packageBuild(['src/index.ts', 'src/models/pdf.ts', 'src/models/ocr.ts', 'src/models/nlp.ts'])
