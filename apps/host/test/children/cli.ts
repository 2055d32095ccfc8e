import { main } from '@symphony/host'

await main(process.argv)
