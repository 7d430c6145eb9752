import type { DialectContext } from '../dialect.ts'

export function responseId({ id }: Pick<DialectContext, 'id'>): string {
  return `resp_${id}`
}

export type ItemPrefix = 'msg' | 'rs' | 'fc'

/** `index`: the item's place in the answer's output. */
export function itemId(prefix: ItemPrefix, context: Pick<DialectContext, 'id'>, index: number): string {
  return `${prefix}_${context.id}_${index}`
}

/** For an item of a request, which its client may have given no id; by its answer's id and its place in the input. */
export function inputItemId(ofResponse: string, index: number): string {
  return `item_${ofResponse.slice('resp_'.length)}_in${index}`
}

/** Requests' ids have no underscore in them. */
const ITEM_ID = /^(?:msg|rs|fc|item)_([A-Za-z0-9-]+)_(?:in)?\d+$/

/** The response that an item of ours belongs to; undefined for ids that were made elsewhere. */
export function responseIdOfItem(id: string): string | undefined {
  const request = ITEM_ID.exec(id)?.[1]
  return request === undefined ? undefined : responseId({ id: request })
}
