import { createRuntime } from '@symphony/runtime'

// A process that keeps its state folder open: its run waits for an approval that does not come, until its standard input ends.

const symphony = await createRuntime({ folder: process.argv[2] ?? '' })
const run = await symphony.conductor.orchestrate(
  { name: 'approval', tasks: [{ id: 'draft', run: () => 'text' }, { id: 'approve', needs: ['draft'], waitFor: 'approved' }] },
  null,
  { id: 'waits' },
)
while (run.progress().waiting === 0) await new Promise((resolve) => setImmediate(resolve))
await symphony.journal?.flush()
process.stdout.write('waiting\n')
for await (const _ of process.stdin);
await symphony.close()
