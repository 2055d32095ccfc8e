/** Words the two sides of an atomic round trip share, a cache line apart. */
export const GO = 0
export const REQUEST = 16
export const ANSWER = 32
export const WORDS = 48

/** Values of the GO word: how both sides wait for each other. Zero is "not now". */
export const SLEEP = 1
export const SPIN = 2
export const END = 3
