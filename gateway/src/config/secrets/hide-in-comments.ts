import { Lexer } from 'yaml'

/** Shorter ones stand everywhere by chance. */
const SHORTEST = 8
/** API keys of this gateway and of most providers. */
const KEYS = /\b(?:jr|sk)-[\w-]{16,}/g
const HIDDEN = '[hidden]'
/** The lexer says with it that what comes next is the text of a value. */
const SCALAR = '\x1f'

/** A YAML text in whose comments neither these secrets nor what looks like a key can be read; all else is as it was. A comment is shown to all who may read the config, and kept as it is. */
export function hideInComments(text: string, secrets: Iterable<string>): string {
  if (!text.includes('#')) return text
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST).toSorted((a, b) => b.length - a.length)
  let result = ''
  let before = ''
  for (const lexeme of new Lexer().lex(text)) {
    const isComment = lexeme.startsWith('#') && before !== SCALAR
    before = lexeme
    // Lexemes of one sign say where something begins, and are in no text.
    if (lexeme.length > 1 || lexeme >= ' ' || lexeme === '\n' || lexeme === '\t') result += isComment ? hide(lexeme, known) : lexeme
  }
  return result
}

function hide(comment: string, known: readonly string[]): string {
  return known.reduce((left, secret) => left.replaceAll(secret, HIDDEN), comment).replace(KEYS, HIDDEN)
}
