import { isAlias, isMap, isScalar, isSeq, type Pair, type ParsedNode, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'

export type Node = ParsedNode | null
export type NodePair = Pair<ParsedNode, ParsedNode | null>
export type MapNode = YAMLMap.Parsed<ParsedNode, ParsedNode | null>
export type SeqNode = YAMLSeq.Parsed

/** Offsets into a YAML text of one pair or item, and how it is written. */
export interface EntryPlace {
  /** Of the key or the dash; within brackets of the item itself, its anchor included. */
  readonly start: number
  /** Right behind `:` or `-`; `start` where there is none. */
  readonly after: number
  /** Where what it says ends: before a comment on the same line, behind the line end of a block scalar. */
  readonly end: number
}

interface Token {
  readonly type: string
  readonly offset?: number
  readonly source?: string
}

/** Where the text of a value ends; `fallback` where nothing is written. */
export function contentEnd(node: Node, fallback: number): number {
  if (node === null) return fallback
  if (isAlias(node) || isScalar(node)) return isEmpty(node) ? fallback : node.range[1]
  if (node.flow === true) return node.range[1]
  const last: unknown = node.items.at(-1)
  if (last === undefined) return node.range[1]
  return isMap(node) ? pairPlace(last as NodePair).end : itemPlace(node as SeqNode, node.items.length - 1).end
}

export function pairPlace(pair: NodePair): EntryPlace {
  const separators: readonly Token[] = pair.srcToken?.sep ?? []
  const colon = separators.find(({ type }) => type === 'map-value-ind')
  const start = startOf(pair.srcToken?.start ?? [], pair.key.range[0])
  const after = colon?.offset === undefined ? pair.key.range[1] : colon.offset + 1
  return { start, after, end: contentEnd(pair.value, propertiesEnd(separators, after)) }
}

export function itemPlace(seq: SeqNode, index: number): EntryPlace {
  const node = seq.items[index] ?? null
  const tokens = tokensOfItem(seq, index)
  const dash = tokens.find(({ type }) => type === 'seq-item-ind')
  if (dash?.offset === undefined) {
    const start = startOf(tokens, node?.range[0] ?? seq.range[0])
    return { start, after: start, end: contentEnd(node, start) }
  }
  return { start: dash.offset, after: dash.offset + 1, end: contentEnd(node, propertiesEnd(tokens, dash.offset + 1)) }
}

export function isEmpty(node: Node): boolean {
  return node === null || (isScalar(node) && node.range[0] === node.range[1])
}

export function isBlockScalar(node: Node): node is Scalar.Parsed {
  return isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')
}

/** Takes more than one place of a line: a mapping or list in lines, or a block scalar. */
export function isInLines(node: Node): boolean {
  return isBlockScalar(node) || ((isMap(node) || isSeq(node)) && node.flow !== true)
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** Behind the line end of the line that holds the last character before `offset`. */
export function lineEnd(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset)
}

/** Nothing but spaces stands before it on its line. */
export function isFirstOnLine(text: string, offset: number): boolean {
  return /^[\uFEFF ]*$/.test(text.slice(lineStart(text, offset), offset))
}

export function mergePairs(map: MapNode): readonly NodePair[] {
  return map.items.filter(isMergePair)
}

export function ownPairs(map: MapNode): readonly NodePair[] {
  return map.items.filter((pair) => !isMergePair(pair))
}

export function keyOf(pair: NodePair): string {
  return isScalar(pair.key) ? String(pair.key.value) : ''
}

function isMergePair(pair: NodePair): boolean {
  return keyOf(pair) === '<<'
}

function tokensOfItem(seq: SeqNode, index: number): readonly Token[] {
  const source = seq.srcToken
  return source !== undefined && 'items' in source ? (source.items[index]?.start ?? []) : []
}

/** The first anchor or tag before a value within brackets, or the value itself. */
function startOf(tokens: readonly Token[], fallback: number): number {
  return tokens.find(({ type }) => type === 'anchor' || type === 'tag')?.offset ?? fallback
}

function propertiesEnd(tokens: readonly Token[], fallback: number): number {
  const last = tokens.findLast(({ type }) => type === 'anchor' || type === 'tag')
  return last?.offset === undefined ? fallback : last.offset + (last.source?.length ?? 0)
}
