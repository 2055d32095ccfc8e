/** A block of a page: a heading, a paragraph, or a list of short lines. */
export type Block = { readonly heading: string } | { readonly text: string } | { readonly lines: readonly string[] }

/** A document as it is laid out: each inner list is a page of its own. */
export interface Prose {
  readonly title: string
  readonly pages: readonly (readonly Block[])[]
}
