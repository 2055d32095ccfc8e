/** The first block of TypeScript in a README: the example everybody tries first, so it has to run as it stands. */
export function firstExample(readme: string): string | undefined {
  return /^```ts\n([\s\S]*?)^```/m.exec(readme)?.[1]
}
