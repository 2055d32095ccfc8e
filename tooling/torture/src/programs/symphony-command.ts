// The `symphony` command, from source.
import { main } from '@symphony/host'

await main(process.argv)
