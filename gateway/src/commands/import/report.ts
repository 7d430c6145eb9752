import { leavesOf, type JavaNode } from './java-tree.ts'

/** What became of one line of the Java program's config. */
export interface ImportLine {
  readonly line: number
  readonly path: string
  /** Where it went; undefined: it was left out. */
  readonly to?: string
  readonly note?: string
}

/** Says of every setting what became of it; no line shows a value, which may be a secret. */
export class ImportReport {
  readonly #lines = new Map<JavaNode, ImportLine>()

  mapped(node: JavaNode, to: string, note?: string): void {
    for (const leaf of leavesOf(node)) this.#lines.set(leaf, lineOf(leaf, { to, ...(note === undefined ? {} : { note }) }))
  }

  /** What was said of a setting before stays. */
  leftOut(node: JavaNode, note: string): void {
    for (const leaf of leavesOf(node)) if (!this.#lines.has(leaf)) this.#lines.set(leaf, lineOf(leaf, { note }))
  }

  /** All settings below `root`, in the order of their lines. */
  lines(root: JavaNode): readonly ImportLine[] {
    return leavesOf(root)
      .map((leaf) => this.#lines.get(leaf) ?? lineOf(leaf, { note: 'JAiRouter has no such setting' }))
      .toSorted((a, b) => a.line - b.line)
  }
}

function lineOf({ line, path }: JavaNode, what: Pick<ImportLine, 'to' | 'note'>): ImportLine {
  return { line, path, ...what }
}
