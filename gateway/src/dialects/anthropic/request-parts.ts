import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, objectAt, stringAt, unspeakable } from './field-checks.ts'
import { readBlocks, type PlacedBlock } from './request-turns.ts'

/** A part of a user message: `text`, `image_url` or `file`. */
export type Part = TextPart | MediaPart
export interface TextPart {
  readonly type: 'text'
  readonly text: string
}
export type MediaPart =
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }
  | { readonly type: 'file'; readonly file: { readonly filename: string; readonly file_data: string } }

/** A block that says something to the model → parts; none for an empty text. `cache_control` goes. */
export function toParts(placed: PlacedBlock): Part[] {
  const { block, path } = placed
  switch (block['type']) {
    case 'text':
      return textPart(stringAt(block, 'text', path))
    case 'image':
      return [imagePart(objectAt(block, 'source', path), `${path}.source`)]
    case 'document':
      return documentParts(placed)
    case 'search_result':
      return searchResultParts(placed)
    default:
      throw unspeakable(`${path}.type`, `A content block of type ${JSON.stringify(block['type'] ?? null)}`)
  }
}

function textPart(text: string): TextPart[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

function imagePart(source: JsonObject, path: string): MediaPart {
  if (source['type'] === 'base64') return { type: 'image_url', image_url: { url: dataUrl(source, path) } }
  if (source['type'] === 'url') return { type: 'image_url', image_url: { url: stringAt(source, 'url', path) } }
  throw badSource(source, path)
}

function documentParts({ block, path }: PlacedBlock): Part[] {
  refuseCitations(block, path)
  const source = objectAt(block, 'source', path)
  const title = typeof block['title'] === 'string' && block['title'] !== '' ? block['title'] : undefined
  const heading = lines([title, block['context']])
  switch (source['type']) {
    case 'base64': {
      const file = { filename: fileName(title), file_data: dataUrl(source, `${path}.source`) }
      return [...textPart(lines([block['context']])), { type: 'file', file }]
    }
    case 'text':
      return textPart(lines([heading, stringAt(source, 'data', `${path}.source`)]))
    case 'content':
      return [...textPart(heading), ...readBlocks(source['content'], `${path}.source.content`).flatMap(toParts)]
    default:
      throw badSource(source, `${path}.source`)
  }
}

function searchResultParts({ block, path }: PlacedBlock): Part[] {
  refuseCitations(block, path)
  const heading = textPart(lines([stringAt(block, 'title', path), stringAt(block, 'source', path)]))
  return [...heading, ...readBlocks(block['content'], `${path}.content`).flatMap(toParts)]
}

/** Servers look at the name's ending. */
function fileName(title: string | undefined): string {
  if (title === undefined) return 'document.pdf'
  return /\.[a-z]{3,4}$/i.test(title) ? title : `${title}.pdf`
}

/** Citations are worked out by Anthropic's servers; an answer without them is not what was asked for. */
function refuseCitations(block: JsonObject, path: string): void {
  const citations = block['citations']
  if (isObject(citations) && citations['enabled'] === true) throw unspeakable(`${path}.citations`, 'A request for citations')
}

function dataUrl(source: JsonObject, path: string): string {
  return `data:${stringAt(source, 'media_type', path)};base64,${stringAt(source, 'data', path)}`
}

/** A file's id names a file at Anthropic, and a chat completion takes no address of a document. */
function badSource(source: JsonObject, path: string): Error {
  return isAbsent(source['type'])
    ? invalid(`${path}.type`, 'the kind of the source')
    : unspeakable(`${path}.type`, `A source of type ${JSON.stringify(source['type'])}`)
}

function lines(texts: readonly unknown[]): string {
  return texts.filter((text) => typeof text === 'string' && text !== '').join('\n')
}
