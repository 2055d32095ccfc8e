import { execFile, spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a process left behind. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const command = fileURLToPath(new URL('./children/cli.ts', import.meta.url))
const loads = fileURLToPath(new URL('./children/loads-entry.ts', import.meta.url))

/** Runs the `symphony` command from source, as a process of its own, in a folder. */
export function symphonyIn(folder: string, ...args: readonly string[]): Promise<Ended> {
  return runIn(folder, command, args)
}

/** Starts the command and leaves it running: for what does not end by itself. */
export function startSymphonyIn(folder: string, ...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--conditions=@symphony/source', command, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } })
}

/** The packages a command line loads. */
export async function packagesLoadedBy(folder: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runIn(folder, loads, args)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as readonly string[]
}

function runIn(folder: string, entry: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 1 << 26 }
    execFile(process.execPath, ['--conditions=@symphony/source', entry, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}
