import { isAlias, isMap, isScalar, isSeq, type Document } from 'yaml'
import { isObject, listOf } from '../../lib/json.ts'
import { alignLists, type Match } from './align.ts'
import * as layout from './layout.ts'
import type { EntryPlace, MapNode, Node, NodePair, SeqNode } from './layout.ts'
import { hasKey, isSame, type Plain, type PlainMap } from './plain.ts'
import { renderBlock, renderFlow, renderInline, renderLike, renderPair } from './render.ts'
import type { Splice } from './splice.ts'

/** A place where a value stands. */
interface Slot extends EntryPlace {
  readonly node: Node
  readonly kind: 'pair' | 'item'
  readonly flow: boolean
}

/** Aliases within aliases make a small text large. */
const MAX_ALIASES = 10_000

/**
 * What has to be done to a text so that its value becomes another; what is the same already stays as it is written. Done
 * in rounds: where one step hinders another (an alias of what changes, say), the plan holds only what comes first.
 */
export class Plan {
  readonly splices: Splice[] = []
  readonly #text: string
  readonly #document: Document.Parsed
  readonly #eol: string

  constructor(text: string, document: Document.Parsed) {
    this.#text = text
    this.#document = document
    this.#eol = text.includes('\r\n') ? '\r\n' : '\n'
  }

  root(expected: PlainMap): void {
    const node: Node = this.#document.contents
    if (isMap(node)) {
      if (isSame(this.#plain(node), expected)) return
      if (this.#keepsSome(node, expected)) return this.#map(node, expected)
      const start = layout.isFirstOnLine(this.#text, node.range[0]) ? layout.lineStart(this.#text, node.range[0]) : node.range[0]
      const end = layout.contentEnd(node, node.range[1])
      const rendered = Object.keys(expected).length === 0 ? '{}' : renderBlock(expected, 0, this.#eol)
      this.#add(start, end, `${rendered}${this.#text[end - 1] === '\n' ? this.#eol : ''}`)
    } else if (layout.isEmpty(node) && Object.keys(expected).length > 0) {
      this.#addLines(this.#text.length, renderBlock(expected, 0, this.#eol))
    }
  }

  #value(slot: Slot, expected: Plain): void {
    const { node } = slot
    if (isSame(this.#plain(node), expected)) return
    if (isMap(node) && isObject(expected) && this.#keepsSome(node, expected)) return this.#map(node, expected)
    if (isSeq(node) && Array.isArray(expected) && expected.length > 0) {
      const matches = alignLists(listOf(this.#plain(node)), expected)
      if (matches.some(({ before, after }) => before !== undefined && after !== undefined)) return this.#list(node, expected, matches)
    }
    this.#replace(slot, expected)
  }

  #keepsSome(node: MapNode, expected: PlainMap): boolean {
    return layout.ownPairs(node).some((pair) => hasKey(expected, layout.keyOf(pair)))
  }

  #map(node: MapNode, expected: PlainMap): void {
    const own = new Map(layout.ownPairs(node).map((pair) => [layout.keyOf(pair), pair]))
    const merges = layout.mergePairs(node)
    const merged = merges.length === 0 ? {} : this.#plain(node)
    const known = isObject(merged) ? merged : {}
    // What is merged in and may not be there any more: all of it is written out, in the next round.
    const unwanted = Object.keys(known).some((key) => !own.has(key) && !hasKey(expected, key))
    if (unwanted) for (const pair of merges) this.#deletePair(node, pair)
    for (const [key, pair] of own) {
      if (!hasKey(expected, key)) this.#deletePair(node, pair)
      else this.#value({ ...layout.pairPlace(pair), node: pair.value, kind: 'pair', flow: node.flow === true }, expected[key])
    }
    const added = Object.entries(expected).filter(([key, value]) => !own.has(key) && !(hasKey(known, key) && isSame(known[key], value)))
    if (added.length > 0) this.#addPairs(node, added)
  }

  #addPairs(node: MapNode, added: readonly [string, Plain][]): void {
    const last = node.items.at(-1)
    if (last === undefined) return
    const { start, end } = layout.pairPlace(last)
    if (node.flow === true)
      return this.#add(end, end, added.map((pair) => `, ${renderFlow(Object.fromEntries([pair])).slice(2, -2)}`).join(''))
    const column = layout.columnOf(this.#text, start)
    this.#addLines(layout.lineEnd(this.#text, end), added.map(([key, value]) => renderPair(key, value, column, this.#eol)).join(this.#eol))
  }

  #deletePair(node: MapNode, pair: NodePair): void {
    if (this.#releaseAnchors(pair.value)) return
    const index = node.items.indexOf(pair)
    const placeAt = (at: number) => (node.items[at] === undefined ? undefined : layout.pairPlace(node.items[at]))
    this.#deleteEntry(layout.pairPlace(pair), { before: placeAt(index - 1), next: placeAt(index + 1), flow: node.flow === true })
  }

  #list(node: SeqNode, expected: readonly Plain[], matches: readonly Match[]): void {
    const flow = node.flow === true
    const placeAt = (at: number) => (at >= 0 && at < node.items.length ? layout.itemPlace(node, at) : undefined)
    let added: Plain[] = []
    let previous = -1
    const flush = () => {
      if (added.length > 0) this.#addItems(node, previous, added)
      added = []
    }
    for (const { before, after } of matches) {
      if (before === undefined) {
        if (after !== undefined) added.push(expected[after])
        continue
      }
      flush()
      previous = before
      const item = node.items[before] ?? null
      const place = layout.itemPlace(node, before)
      if (after !== undefined) this.#value({ ...place, node: item, kind: 'item', flow }, expected[after])
      else if (!this.#releaseAnchors(item)) this.#deleteEntry(place, { before: placeAt(before - 1), next: placeAt(before + 1), flow })
    }
    flush()
  }

  /** Behind the item at `previous`; -1: before all. */
  #addItems(node: SeqNode, previous: number, added: readonly Plain[]): void {
    const { start, end } = layout.itemPlace(node, Math.max(previous, 0))
    if (node.flow === true) {
      const rendered = added.map(renderFlow).join(', ')
      if (previous === -1) this.#add(start, start, `${rendered}, `)
      else this.#add(end, end, `, ${rendered}`)
      return
    }
    const column = layout.columnOf(this.#text, start)
    const rendered = renderBlock(added, column, this.#eol)
    if (previous !== -1) this.#addLines(layout.lineEnd(this.#text, end), rendered)
    else this.#add(start, start, `${rendered.slice(column)}${this.#eol}${' '.repeat(column)}`)
  }

  #deleteEntry(entry: EntryPlace, around: { before: EntryPlace | undefined; next: EntryPlace | undefined; flow: boolean }): void {
    const { before, next, flow } = around
    if (flow) {
      if (next !== undefined) this.#add(entry.start, next.start, '')
      else if (before !== undefined) this.#add(before.end, entry.end, '')
      return
    }
    if (layout.isFirstOnLine(this.#text, entry.start)) {
      return this.#add(layout.lineStart(this.#text, entry.start), layout.lineEnd(this.#text, entry.end), '')
    }
    // The first one stands behind the dash of the list that it is in: the next takes its place, or comments between them stay.
    const gap = next === undefined ? '' : this.#text.slice(layout.lineEnd(this.#text, entry.end), next.start)
    const end = next === undefined || gap.includes('#') ? layout.lineEnd(this.#text, entry.end) - this.#eol.length : next.start
    this.#add(entry.start, end, '')
  }

  #replace(slot: Slot, expected: Plain): void {
    const { node, flow, after, end } = slot
    if (this.#releaseAnchors(isScalar(node) && !layout.isBlockScalar(node) && !isObject(expected) ? null : node)) return
    const inline = flow ? renderFlow(expected) : renderInline(expected)
    if (inline !== undefined && (flow || !layout.isInLines(node))) {
      if (node === null || layout.isEmpty(node))
        return this.#add(end, end, flow && slot.kind === 'item' ? inline : `${this.#colon(slot)} ${inline}`)
      const isText = isScalar(node) && (typeof expected !== 'object' || expected === null)
      return this.#add(node.range[0], end, isText ? renderLike(expected, node.type, flow) : inline)
    }
    this.#replaceLines(slot, expected, { comment: this.#commentBehind(after), inline })
  }

  /** A key that stands alone within braces has none yet. */
  #colon({ kind, after }: Slot): string {
    return kind === 'pair' && this.#text[after - 1] !== ':' ? ':' : ''
  }

  #replaceLines(
    { node, kind, start, after, end }: Slot,
    expected: Plain,
    { comment, inline }: { comment: string; inline: string | undefined },
  ): void {
    const column = layout.columnOf(this.#text, start)
    const kept = layout.isBlockScalar(node) ? '' : comment
    const tail = this.#text[end - 1] === '\n' ? this.#eol : ''
    if (inline !== undefined) return this.#add(after, end, ` ${inline}${kept}${tail}`)
    if (kind === 'item') return this.#add(start, end, `${renderBlock([expected], column, this.#eol).slice(column)}${tail}`)
    const rendered = `${this.#eol}${renderBlock(expected, column + 2, this.#eol)}${tail}`
    if (layout.isInLines(node)) return this.#add(after, end, `${kept}${rendered}`)
    // What stands behind a value on its line comes before the lines that take its place.
    const line = this.#text.indexOf('\n', end) === -1 ? this.#text.length : this.#text.indexOf('\n', end)
    this.#add(after, line, `${this.#text.slice(end, line).trimEnd()}${rendered}${this.#text[line - 1] === '\r' ? '\r' : ''}`)
  }

  /** ` # ...` where nothing but a comment follows on the line. */
  #commentBehind(offset: number): string {
    return /^[ \t]+#[^\r\n]*/.exec(this.#text.slice(offset, layout.lineEnd(this.#text, offset + 1)))?.[0] ?? ''
  }

  /** What refers to an anchor within `node` from outside is written out, before the anchor goes; true when there was such a thing. */
  #releaseAnchors(node: Node): boolean {
    const inside = new Set<unknown>()
    const anchors = new Set<string>()
    visitWithin(node, (found) => {
      inside.add(found)
      if (!isAlias(found) && found.anchor !== undefined) anchors.add(found.anchor)
    })
    if (anchors.size === 0) return false
    const count = this.splices.length
    const merged = new Set<unknown>()
    visitWithin(this.#document.contents, (found) => {
      if (inside.has(found)) return
      if (isMap(found) && found.items.length > 1) {
        for (const pair of layout.mergePairs(found)) {
          if (!refersTo(pair.value, anchors)) continue
          visitWithin(pair.value, (part) => merged.add(part))
          this.#deletePair(found, pair)
        }
      }
      if (isAlias(found) && anchors.has(found.source) && !merged.has(found))
        this.#add(found.range[0], found.range[1], renderFlow(this.#plain(found)))
    })
    return this.splices.length > count
  }

  #plain(node: Node): Plain {
    return node === null ? null : node.toJS(this.#document, { maxAliasCount: MAX_ALIASES })
  }

  /** Lines of their own, at the beginning of a line or the end of the text. */
  #addLines(offset: number, lines: string): void {
    const isOpen = offset > 0 && this.#text[offset - 1] !== '\n'
    this.#add(offset, offset, isOpen ? `${this.#eol}${lines}` : `${lines}${this.#eol}`)
  }

  #add(start: number, end: number, text: string): void {
    this.splices.push({ start, end, text })
  }
}

function refersTo(node: Node, anchors: ReadonlySet<string>): boolean {
  let refers = false
  visitWithin(node, (found) => {
    refers ||= isAlias(found) && anchors.has(found.source)
  })
  return refers
}

function visitWithin(node: Node, look: (node: Exclude<Node, null>) => void): void {
  if (node === null) return
  look(node)
  if (isMap(node)) for (const { key, value } of node.items) for (const part of [key, value]) visitWithin(part, look)
  if (isSeq(node)) for (const item of node.items) visitWithin(item, look)
}
