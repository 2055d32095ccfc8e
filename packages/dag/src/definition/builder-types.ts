import type { Json, Need, NeedKind, StandardSchema, StoredOutput, TaskSpec, TaskType, TypedTaskContext } from '@symphony/interface'

// What the builder's type remembers of its tasks has to grow without the compiler paying for all of it at every step: it looks
// through a whole intersection, member by member and property by property, whenever it reads one of its properties. So outputs are
// kept in blocks: the newest tasks as a short list, and every 24 of them folded into one object type. 500 tasks are then an
// intersection of 20 members that changes every 24 steps. A plain intersection took five times as long, a union of entries
// three times. What is folded has to be worked out at once, by `With`: put off until it is read, it nests as deep as the chain is long
// and ends as "excessively deep".

/** Stands for "says nothing about its output". */
export interface Untold {
  readonly '~untold': never
}

/** A task's output by its id. */
export interface Entry<Id, Value> {
  readonly id: Id
  readonly value: Value
}

/** What a builder knows of its tasks: their ids, the folded blocks, and the newest. */
export interface Known {
  readonly ids: string
  readonly blocks: unknown
  readonly newest: readonly Entry<string, unknown>[]
}

export interface NoTasks {
  readonly ids: never
  readonly blocks: Block
  readonly newest: readonly []
}

interface Tasks<Ids extends string, Blocks, Newest extends readonly Entry<string, unknown>[]> {
  readonly ids: Ids
  readonly blocks: Blocks
  readonly newest: Newest
}

/** Any block: lets the compiler index one without first listing the keys of all, which is what costs. */
interface Block {
  readonly [id: string]: unknown
}

type Fold<Entries extends readonly Entry<string, unknown>[]> = { readonly [Item in Entries[number] as Item['id']]: Item['value'] }

/** The tasks with one more. */
export type With<T extends Known, Id extends string, Value> = T['newest']['length'] extends 24
  ? Tasks<T['ids'] | Id, T['blocks'] & Fold<T['newest']>, readonly [Entry<Id, Value>]>
  : Tasks<T['ids'] | Id, T['blocks'], readonly [...T['newest'], Entry<Id, Value>]>

type ValueOf<T extends Known, Id extends string> = Id extends T['newest'][number]['id'] ? Find<T['newest'][number], Id> : (T['blocks'] & Block)[Id]
type Find<Entries, Id> = Entries extends Entry<Id, unknown> ? Entries['value'] : never

/** A need by the id of a task that exists. */
export type NeedOf<Ids extends string> = Ids | (Omit<Need, 'task'> & { readonly task: Ids })

/** What each need leaves, one entry a need. */
export type Needed<T extends Known, Needs extends readonly unknown[]> = {
  readonly [Place in keyof Needs]: Entry<IdOf<Needs[Place]>, ValueOf<T, IdOf<Needs[Place]>> | Gap<Needs[Place]>>
}

type IdOf<Item> = Item extends string ? Item : Item extends { readonly task: infer Id extends string } ? Id : never
/** What a need may leave instead of a value: nothing where it must have succeeded. */
type Gap<Item> = Item extends { readonly kind: infer Kind extends NeedKind } ? ([Kind] extends ['hard'] ? never : undefined) : never

/** What a task's output is, by what it says itself, else by its type. */
export type OutputOf<Told, Name, Types> = Untold extends Told ? ([Name] extends [never] ? unknown : Types[Name & keyof Types]) : Read<Awaited<Told>>
/** What is read of an output: of one that was stored before, nobody says here what it is. */
type Read<Value> = Value extends StoredOutput ? unknown : Value

/** What a run results in: the output of the named task, else the outputs of the tasks nothing depends on. */
export type ResultOf<T extends Known, OutputId extends string> = [OutputId] extends [never] ? Partial<Fold<T['newest']> & Named<T['blocks']>> : ValueOf<T, OutputId>
/** The blocks without the one that stands for any. */
type Named<Blocks> = { readonly [Id in keyof Blocks as string extends Id ? never : Id]: Blocks[Id] }

interface Ways<Context, Told> {
  readonly run?: (context: Context) => Told
  readonly input?: (context: Context) => unknown
  readonly output?: (answer: unknown, context: Context) => Told
  /** Gives the output of a `model` its type. */
  readonly outputSchema?: StandardSchema<unknown, Told>
}

type Typed = 'run' | 'input' | 'output' | 'outputSchema'

/** What a type may say in the builder. */
export type BuilderType<Input, Told> = Omit<TaskType, 'name' | Typed> & Ways<TypedTaskContext<Readonly<Record<string, unknown>>, Json, Input>, Told>

/** What a task may say in the builder: as in a `TaskSpec`, with needs and types checked by name. */
export interface BuilderTask<Input, Types, Needs, Values extends readonly Entry<string, unknown>[], Params, Name, Told>
  extends Omit<TaskSpec, 'id' | 'type' | 'needs' | 'params' | Typed>, Ways<TypedTaskContext<Fold<Values>, Params, Input>, Told> {
  readonly type?: Name & keyof Types
  readonly needs?: Needs
  readonly params?: Params
}
