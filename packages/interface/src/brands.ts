declare const brand: unique symbol

/** A number or string that may not be mistaken for another one of the same primitive type. Costs nothing at run time. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Row of a run in the dag region. Reused after the run is reclaimed: keep the {@link RunId} for anything that lasts. */
export type RunRow = Brand<number, 'RunRow'>
/** Row of a task in the dag region. Valid while its run is not reclaimed. */
export type TaskRow = Brand<number, 'TaskRow'>
/** Row of a model instance in the pool region. */
export type InstanceRow = Brand<number, 'InstanceRow'>
/** Number of a registered model: small, dense, valid for the life of the pool. */
export type ModelNumber = Brand<number, 'ModelNumber'>

/** Name of a run, given by the caller or made up; unique in one tracker for ever. */
export type RunId = Brand<string, 'RunId'>
/** SHA-256 of an artifact's content as 64 lower-case hex digits: the address under which it is stored once. */
export type ArtifactRef = Brand<string, 'ArtifactRef'>

/** Log sequence number: 1 for the first record of a log, then +1 a record. 0 means "nothing logged". Stays below 2^53. */
export type Lsn = Brand<number, 'Lsn'>
/** Number of a request in the arbitration engine; rises by one a request, never reused. */
export type Ticket = Brand<number, 'Ticket'>
/** A number that only rises, handed out with a lease or an attempt; a late holder of a lower one is refused. */
export type FencingToken = Brand<number, 'FencingToken'>
/** Handle of a watched deadline in the stale manager: row and generation in one number. */
export type WatchHandle = Brand<number, 'WatchHandle'>

/** Anything JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
