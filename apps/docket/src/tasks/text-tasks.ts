import type { ArtifactRef, DynamicTask, TaskContext, TaskType } from '@symphony/interface'
import { signature } from '../content/near-duplicates.ts'
import { gathered } from './gather.ts'

const textOf = (context: TaskContext): string => new TextDecoder().decode(context.read((context.params as { text: ArtifactRef }).text))

/** What is done to every text once, whatever it came from: equal texts share the tasks. */
export function analyse(text: ArtifactRef): readonly DynamicTask[] {
  return [
    { id: `nlp ${text}`, type: 'nlp', params: { text }, feeds: gathered, reuse: true },
    { id: `signature ${text}`, type: 'signature', params: { text }, feeds: gathered, reuse: true },
  ]
}

/** Sentences, entities, keywords, sentiment, and a summary of sentences taken from the text. */
export const nlpType: TaskType = {
  name: 'nlp',
  version: '1',
  model: 'nlp',
  cache: 'without-run-input',
  retry: { attempts: 2, delayMs: 100 },
  allowFailure: true,
  expectedMs: 20,
  input: (context) => ({ text: textOf(context) }),
}

/** What near-duplicates are recognised by. */
export const signatureType: TaskType = {
  name: 'signature',
  version: '1',
  cache: 'without-run-input',
  run: (context) => signature(textOf(context)),
}
