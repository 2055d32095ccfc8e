import { LRUCache } from 'lru-cache'
import type { ArtifactRef, ArtifactStore, Json } from '@symphony/interface'
import { ITEM_LISTS_KEPT } from './limits.ts'

/** How a task of a fan-out over a list is told its element: the list by its address, and its place. */
interface ItemParams {
  readonly index: number
  readonly of: { readonly $list: ArtifactRef; readonly params: Json }
}

/** Whether params are those of an element of a list. */
export function isItem(params: unknown): params is ItemParams {
  const of = (params as Partial<ItemParams> | null)?.of
  return typeof of === 'object' && of !== null && typeof of.$list === 'string'
}

/** Lists that tasks were made for, read once for all their elements: parsing a list for each would make a wide one quadratic. */
export class ItemLists {
  readonly #artifacts: Pick<ArtifactStore, 'getJson'>
  readonly #lists = new LRUCache<ArtifactRef, readonly Json[]>({ max: ITEM_LISTS_KEPT })

  constructor(artifacts: Pick<ArtifactStore, 'getJson'>) {
    this.#artifacts = artifacts
  }

  itemOf({ index, of }: ItemParams): Json | undefined {
    let list = this.#lists.get(of.$list)
    if (list === undefined) {
      list = this.#artifacts.getJson(of.$list) as readonly Json[]
      this.#lists.set(of.$list, list)
    }
    return list[index]
  }
}
