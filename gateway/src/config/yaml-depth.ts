import { Lexer, Parser } from 'yaml'
import { MAX_DEPTH } from './tree.ts'

/** A level of the tree is at most so many open tokens. */
const TOKENS_A_LEVEL = 3
/** Fewer openings than these, one after another or in a line, need no closer look. */
const HARMLESS = MAX_DEPTH

/**
 * The offset at which a text is nested deeper than any config; undefined: nowhere. The package composes what is nested by
 * recursion, and takes many seconds over the errors of a few thousand levels: so it must not be given them.
 */
export function tooDeepAt(text: string): number | undefined {
  if (!mayBeDeep(text)) return undefined
  const parser = new Parser()
  let offset = 0
  for (const lexeme of new Lexer().lex(text)) {
    // It goes on as it is asked.
    for (const _token of parser.next(lexeme));
    // Lexemes of one sign say where something begins, and are in no text.
    if (lexeme.length > 1 || lexeme >= ' ') offset += lexeme.length
    if (parser.stack.length > MAX_DEPTH * TOKENS_A_LEVEL) return Math.min(offset, text.length)
  }
  return undefined
}

/** Cheap, and says yes too often: it knows nothing of quotes. */
function mayBeDeep(text: string): boolean {
  let brackets = 0
  let inLine = 0
  for (let index = 0; index < text.length; index += 1) {
    const sign = text.charCodeAt(index)
    if (sign === LINE_FEED) inLine = 0
    else if (sign === BRACKET || sign === BRACE) brackets += 1
    else if (sign === BRACKET_END || sign === BRACE_END) brackets = Math.max(0, brackets - 1)
    else if ((sign === DASH || sign === QUESTION_MARK || sign === COLON) && text.charCodeAt(index + 1) <= SPACE) inLine += 1
    if (brackets > HARMLESS || inLine > HARMLESS) return true
  }
  return false
}

const LINE_FEED = 0x0a
const SPACE = 0x20
const DASH = 0x2d
const COLON = 0x3a
const QUESTION_MARK = 0x3f
const BRACKET = 0x5b
const BRACKET_END = 0x5d
const BRACE = 0x7b
const BRACE_END = 0x7d
