import { toDataUrl } from '../../lib/data-url.ts'
import { isAbsent, isObject, textOf, type JsonObject } from '../../lib/json.ts'
import { invalid, objectAt, stringAt, type Placed } from '../canonical/field-checks.ts'
import { imagePart, textPart, type MediaPart, type Part, type TextPart } from '../canonical/message-parts.ts'
import { readBlocks } from './request-turns.ts'
import { unspeakable } from './unspeakable.ts'

/** A block that says something to the model -> parts; none for an empty text. `cache_control` goes. */
export function toParts(placed: Placed): Part[] {
  const { value: block, path } = placed
  switch (block['type']) {
    case 'text':
      return textParts(stringAt(block, 'text', path))
    case 'image':
      return [fromImage(objectAt(block, 'source', path), `${path}.source`)]
    case 'document':
      return documentParts(placed)
    case 'search_result':
      return searchResultParts(placed)
    default:
      throw unspeakable(`${path}.type`, `A content block of type ${JSON.stringify(block['type'] ?? null)}`)
  }
}

function textParts(text: string): TextPart[] {
  return text === '' ? [] : [textPart(text)]
}

function fromImage(source: JsonObject, path: string): MediaPart {
  if (source['type'] === 'base64') return imagePart(dataUrl(source, path))
  if (source['type'] === 'url') return imagePart(stringAt(source, 'url', path))
  throw badSource(source, path)
}

function documentParts({ value: block, path }: Placed): Part[] {
  refuseCitations(block, path)
  const source = objectAt(block, 'source', path)
  const title = textOf(block['title'])
  const heading = lines([title, block['context']])
  switch (source['type']) {
    case 'base64': {
      const file = { filename: fileName(title), file_data: dataUrl(source, `${path}.source`) }
      return [...textParts(lines([block['context']])), { type: 'file', file }]
    }
    case 'text':
      return textParts(lines([heading, stringAt(source, 'data', `${path}.source`)]))
    case 'content':
      return [...textParts(heading), ...readBlocks(source['content'], `${path}.source.content`).flatMap(toParts)]
    default:
      throw badSource(source, `${path}.source`)
  }
}

function searchResultParts({ value: block, path }: Placed): Part[] {
  refuseCitations(block, path)
  const heading = textParts(lines([stringAt(block, 'title', path), stringAt(block, 'source', path)]))
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
  return toDataUrl(stringAt(source, 'media_type', path), stringAt(source, 'data', path))
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
