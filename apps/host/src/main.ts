import { Command, InvalidArgumentError } from 'commander'
import { EXIT_CODES } from './cli/exit-codes.ts'
import { reportError } from './cli/report-error.ts'
import { addStateCommands } from './cli/state-commands.ts'
import { processTerminal } from './cli/terminal.ts'
import type { GlobalOptions } from './cli/command-context.ts'
import { VERSION } from './version.ts'

const positive = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('Give a whole number from 1.')
  return number
}

/** The command line. Each command's code is loaded when it is called: help costs nothing. */
function program(): Command {
  const root = new Command('symphony')
    .description('Runs AI workflows inside one process: pooled models, journaled state, results remembered.')
    .version(VERSION)
    // Before the subcommands are made, so that they inherit it.
    .exitOverride()
    .showHelpAfterError('(symphony --help shows what there is)')
    .addHelpText('after', '\nExamples:\n  symphony run docket ./documents        make an archive of a folder\n  symphony ask "Who approved the budget?"  ask the archive\n  symphony run ./my-workflow.ts --input \'{"n":3}\'\n  symphony inspect <run>                 how far it is, and why\n  symphony doctor                        is everything in order, and what to do if not')
  const shared = (command: Command): Command =>
    command
      .option('--state <folder>', 'where state is kept (default: .symphony/<name>)')
      .option('--config <file>', 'configuration file (default: symphony.config.* here)')
      .option('--json', 'one JSON object on standard output, nothing else')
      .option('--quiet', 'no progress, no summary')
  shared(root.command('run <what> [folder]'))
    .description('run an app (docket), or the workflow a .ts or .js module exports')
    .option('--input <json>', 'input of a module\'s workflow')
    .option('--backend <choice>', 'backends to work with: auto, ts or native, or one for a component: dag=native')
    .option('--id <id>', 'name of the run: the same name goes on with the same run')
    .option('--report <folder>', 'where docket writes its report (default: <state>/report)')
    .action(run(async (args) => (await import('./cli/run-command.ts')).runCommand(args[0] as string, args[1] as string | undefined, args[2] as object)))
  shared(root.command('ask <question>'))
    .description('answer a question from the archive docket made, with quoted evidence')
    .option('--limit <n>', 'pieces of evidence at most', positive, 5)
    .action(run(async (args) => (await import('./cli/ask-command.ts')).askCommand(args[0] as string, args[1] as object)))
  shared(root.command('runs'))
    .description('list the runs a state folder keeps, also while a process works in it')
    .option('--workflow <name>', 'only runs of this workflow')
    .option('--status <state>', 'only runs in this state: running, interrupted, paused, succeeded, failed, cancelled')
    .option('--limit <n>', 'newest runs at most', positive, 20)
    .action(run(async (args) => (await import('./cli/runs-command.ts')).runsCommand(args[0] as object)))
  shared(root.command('inspect <run>'))
    .description('show a run: how far it is, what failed and why, what it waited for')
    .option('--follow', 'show how far it is until it has ended, then all the rest')
    .option('--html <file>', 'write a page to open in a browser instead')
    .option('--limit <n>', 'tasks listed at most', positive, 40)
    .action(run(async (args) => (await import('./cli/inspect-command.ts')).inspectCommand(args[0] as string, args[1] as object)))
  shared(root.command('graph <what>'))
    .description('draw a run, or the workflow a module exports')
    .option('--format <format>', 'mermaid, dot or json', 'mermaid')
    .action(run(async (args) => (await import('./cli/graph-command.ts')).graphCommand(args[0] as string, args[1] as object)))
  shared(root.command('plan-upgrade <module>'))
    .description('tell what a new version of a workflow would do to the runs that are under way')
    .action(run(async (args) => (await import('./cli/plan-upgrade-command.ts')).planUpgradeCommand(args[0] as string, args[1] as object)))
  addStateCommands(root, shared, run, positive)
  shared(root.command('config'))
    .description('print the configuration that holds and where it comes from')
    .action(run(async (args) => (await import('./cli/config-command.ts')).configCommand(args[0] as GlobalOptions)))
  return root
}

/** A command's action: whatever it throws is told in one place, and its number becomes the exit code. */
function run(action: (args: readonly unknown[]) => Promise<number>): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const options = args.at(-2) as GlobalOptions
    try {
      process.exitCode = await action(args)
    } catch (error) {
      process.exitCode = reportError(error, processTerminal(options.quiet === true || options.json === true), options.json === true)
    }
  }
}

/** Runs one command line. Resolves when the command has ended. */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endWithReader)
  try {
    await program().parseAsync([...argv])
  } catch (error) {
    const { exitCode } = error as { exitCode?: number }
    process.exitCode = exitCode === 0 ? EXIT_CODES.OK : EXIT_CODES.USAGE
  }
}

/** Whoever reads what is printed has had enough, as `head` has: no failure, and nothing more to do. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}
