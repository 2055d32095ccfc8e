import type { ArtifactRef, ArtifactStore, Json } from '@symphony/interface'
import { lazyModule } from '@symphony/ports'
import type { LRUCache } from 'lru-cache'
import { ITEM_LISTS_KEPT } from './limits.ts'

const lruCache = lazyModule<typeof import('lru-cache')>(() => import.meta.resolve('lru-cache'))

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
  #lists: LRUCache<ArtifactRef, readonly Json[]> | undefined

  constructor(artifacts: Pick<ArtifactStore, 'getJson'>) {
    this.#artifacts = artifacts
  }

  itemOf({ index, of }: ItemParams): Json | undefined {
    const lists = (this.#lists ??= new (lruCache().LRUCache)({ max: ITEM_LISTS_KEPT }))
    let list = lists.get(of.$list)
    if (list === undefined) {
      list = this.#artifacts.getJson(of.$list) as readonly Json[]
      lists.set(of.$list, list)
    }
    return list[index]
  }
}
