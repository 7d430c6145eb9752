/** What the checks need to know of a TypeScript file, without parsing it: its code, apart from comments and texts. */
export interface SourceText {
  /** As long as the file, line breaks in place; comments, and all between the quotes of strings, templates and regular expressions, are blanks. */
  readonly code: string
  /** Offset of an opening quote → what stands between it and the closing one. */
  readonly strings: ReadonlyMap<number, string>
}

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** After these a slash begins a regular expression; after a value it divides. */
const BEFORE_EXPRESSION = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield))$/
const REGULAR_EXPRESSION = /\/(?![*/])(?:[^\\/[\r\n]|\\.|\[(?:[^\]\\\r\n]|\\.)*\])+\//y

export function readSource(text: string): SourceText {
  const strings = new Map<number, string>()
  /** For each template that is open: how many braces stand open in its current `${}`. */
  const templates: number[] = []
  let code = ''
  let at = 0

  const blankTo = (end: number) => {
    code += text.slice(at, end).replaceAll(/[^\r\n]/g, ' ')
    at = end
  }
  const keep = (count: number) => {
    code += text.slice(at, at + count)
    at += count
  }
  /** From inside a template to its end, or to the code of its next `${}`. */
  const template = () => {
    const end = endOf(text, at, (from) => text[from] === '`' || text.startsWith('${', from))
    blankTo(end)
    if (text[at] === '$') {
      templates.push(0)
      keep(2)
    } else keep(1)
  }
  const quoted = (quote: string) => {
    const end = endOf(text, at + 1, (from) => text[from] === quote || text[from] === '\n')
    strings.set(at, text.slice(at + 1, end))
    keep(1)
    blankTo(end)
    keep(1)
  }
  const regularExpression = (): boolean => {
    if (!BEFORE_EXPRESSION.test(code.slice(-200).trimEnd())) return false
    REGULAR_EXPRESSION.lastIndex = at
    const match = REGULAR_EXPRESSION.exec(text)
    if (match === null) return false
    blankTo(at + match[0].length)
    return true
  }
  /** Whether the brace ended a `${}`, so that the template goes on. */
  const closesTemplate = (character: string): boolean => {
    const open = templates.at(-1)
    if (open === undefined || (character !== '{' && character !== '}')) return false
    if (character === '}' && open === 0) templates.pop()
    else templates[templates.length - 1] = open + (character === '{' ? 1 : -1)
    return character === '}' && open === 0
  }

  while (at < text.length) {
    const character = text[at] ?? ''
    if (text.startsWith('//', at)) blankTo(lineEnd(text, at))
    else if (text.startsWith('/*', at)) blankTo(after(text, '*/', at + 2))
    else if (character === "'" || character === '"') quoted(character)
    else if (character === '/' && regularExpression()) continue
    else {
      const goesOn = character === '`' || closesTemplate(character)
      keep(1)
      if (goesOn) template()
    }
  }
  return { code, strings }
}

/** All that a file names with `import`, `export … from`, `import()` and `import('…')` in a type; a computed name is not found. */
export function importsOf({ code, strings }: SourceText): Import[] {
  const imports: Import[] = []
  for (const match of code.matchAll(/(?<![.\w$])(?:(?:from|import)\s*|import\s*\(\s*)(?=['"])/g)) {
    const quote = match.index + match[0].length
    const specifier = strings.get(quote)
    if (specifier !== undefined) imports.push({ specifier, line: lineOf(code, quote) })
  }
  return imports
}

/** Counted from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function endOf(text: string, from: number, isEnd: (at: number) => boolean): number {
  let at = from
  while (at < text.length && !isEnd(at)) at += text[at] === '\\' ? 2 : 1
  return Math.min(at, text.length)
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? text.length : at + mark.length
}
