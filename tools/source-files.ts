import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSource, type SourceText } from './source-text.ts'

export interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string
  /** Read when it is asked for. */
  readonly source: () => SourceText
}

/** All TypeScript below `root`, in order of path. */
export function sourceFiles(root: string): SourceFile[] {
  return globSync('**/*.{ts,tsx,mts}', { cwd: root, exclude: ['**/node_modules/**', '**/dist/**', '**/coverage/**'] })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => ({ path, source: () => readSource(readFileSync(join(root, path), 'utf8')) }))
}

/** Tests, and what they alone read. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('gateway/test/') || path.includes('/fixtures/')
}
