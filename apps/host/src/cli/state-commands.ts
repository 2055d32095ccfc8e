import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'

type Run = (action: (args: readonly unknown[]) => Promise<number>) => (...args: unknown[]) => Promise<void>

const record = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('Give the number of a record, a whole number from 0; symphony journal tail shows them.')
  return number
}
const collect = (text: string, former: readonly string[] | undefined): readonly string[] => [...(former ?? []), text]

/**
 * Commands that look into a state folder as such, and mend it.
 *
 * @param shared gives a command the options all have
 * @param run makes an action of what answers with an exit code
 * @param positive reads a count
 */
export function addStateCommands(root: Command, shared: (command: Command) => Command, run: Run, positive: (text: string) => number): void {
  const ofState = (command: Command): Command => {
    const all = shared(command).option('--folder <folder>', 'the same as --state')
    return all.hook('preAction', (_, action) => void action.setOptionValue('state', action.opts()['state'] ?? action.opts()['folder']))
  }
  const load = async (): Promise<typeof import('./journal-command.ts')> => import('./journal-command.ts')
  const journal = root.command('journal').description('look into the log of a state folder, also while a process writes it')
  ofState(journal.command('inspect'))
    .description('segments, checkpoints and commands of the log: records, bytes, what verifies')
    .action(run(async (args) => (await load()).journalInspectCommand(args[0] as object)))
  ofState(journal.command('verify'))
    .description('check every frame, checkpoint and artifact; exit 1 with file, byte and last good record')
    .action(run(async (args) => (await load()).journalVerifyCommand(args[0] as object)))
  ofState(journal.command('tail'))
    .description('the last commands, with the run and task each is about')
    .option('-n, --lines <n>', 'so many of them', positive, 20)
    .option('-f, --follow', 'go on with those that come, until interrupted')
    .action(run(async (args) => (await load()).journalTailCommand(args[0] as object)))
  ofState(journal.command('export'))
    .description('all commands as JSON, one a line; bodies nobody can read in base64')
    .option('--from <record>', 'from this record on', record)
    .option('--to <record>', 'up to this record', record)
    .action(run(async (args) => (await load()).journalExportCommand(args[0] as object)))
  ofState(root.command('doctor'))
    .description('check everything a state folder holds; says what to do next')
    .option('--salvage', 'make a damaged log open again: shows what would be lost, and asks')
    .option('--yes', 'do not ask')
    .action(run(async (args) => (await import('./doctor-command.ts')).doctorCommand(args[0] as object)))
  ofState(root.command('recover [modules...]'))
    .description('tell what opening a state folder would do with its runs, with the workflows of these modules')
    .option('--dry-run', 'only tell; opening itself recovers')
    .option('--limit <n>', 'runs listed at most', positive, 40)
    .action(run(async (args) => (await import('./recover-command.ts')).recoverCommand(args[0] as readonly string[], args[1] as object)))
  ofState(root.command('replay <run>'))
    .description('show a run as it was at a record of the log: time travel, changes nothing')
    .requiredOption('--to <record>', 'the last record that counts', record)
    .option('--html <file>', 'write a page to open in a browser instead')
    .option('--limit <n>', 'tasks listed at most', positive, 40)
    .action(run(async (args) => (await import('./replay-command.ts')).replayCommand(args[0] as string, args[1] as never)))
  ofState(root.command('fork <run> [module]'))
    .description('begin a new run where another one is: from a task on, or with other outputs')
    .option('--from <task>', 'do this task again, and what depends on it; may be given more than once', collect)
    .option('--output <task=json>', 'give a task another output; may be given more than once', collect)
    .option('--id <id>', 'name of the new run')
    .action(run(async (args) => (await import('./fork-command.ts')).forkCommand(args[0] as string, args[1] as string | undefined, args[2] as object)))
}
