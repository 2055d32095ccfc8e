import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a process left behind. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const entry = fileURLToPath(new URL('./children/cli.ts', import.meta.url))

/** Runs the `symphony` command from source, as a process of its own, in a folder. */
export function symphonyIn(folder: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 1 << 26 }
    execFile(process.execPath, ['--conditions=@symphony/source', entry, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}
