import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A text that no file of the repository may hold. */
export interface ForbiddenWord {
  readonly word: string
  readonly why: string
}

/** In two halves, so that this file does not hold them itself. */
const REGISTRIES = [
  ['npm', 'js.org'],
  ['npm', 'js.com'],
  ['npm', 'mirror.com'],
  ['yarn', 'pkg.com'],
  ['npm.pkg.', 'github.com'],
  ['py', 'pi.org'],
  ['python', 'hosted.org'],
  ['proxy.go', 'lang.org'],
  ['crates', '.io/api'],
].map((halves) => halves.join(''))

/** Parents of a checkout that a file may well speak of. */
const SHARED_PLACES: ReadonlySet<string> = new Set(['/', '/tmp', '/var/tmp', '/home', '/opt', '/srv', '/usr/src', '/usr/local', tmpdir()])

/** What ties a checkout to one machine: package registries (and the one that npm was told to use here), and its own paths. */
export function forbiddenWords(root: string, npmRegistry: string | undefined): ForbiddenWord[] {
  const host = hostOf(npmRegistry)
  const registries = [...REGISTRIES, ...(host === undefined ? [] : [host])]
  const parent = dirname(root)
  const path = SHARED_PLACES.has(parent) ? root : `${parent}/`
  return [
    ...registries.map((word) => ({ word, why: 'the host of a package registry; where packages come from is for npm’s own settings' })),
    { word: path, why: 'a path of this machine; write it relative to the repository' },
  ]
}

/** Where a file holds a forbidden word: one line each, beginning with `file:line`. */
export function checkWords(root: string, npmRegistry: string | undefined): string[] {
  const words = forbiddenWords(root, npmRegistry)
  return trackedFiles(root).flatMap((path) => {
    const text = readIfThere(join(root, path))
    return words.flatMap(({ word, why }) => linesWith(text, word).map((line) => `${path}:${line}: ${word} is ${why}`))
  })
}

/** Tracked, and those that the next commit would add. */
function trackedFiles(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  return listed.split('\0').filter((path) => path !== '')
}

/** A file that was deleted and not yet committed is still listed. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Counted from 1. A path counts only where it begins: `/a/` is no part of `https://host/a/` and `./a/`. */
function linesWith(text: string, word: string): number[] {
  if (!text.includes(word)) return []
  return text.split('\n').flatMap((line, index) => (startsOf(line, word).some((at) => begins(line, word, at)) ? [index + 1] : []))
}

function startsOf(line: string, word: string): number[] {
  const starts: number[] = []
  for (let at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1)) starts.push(at)
  return starts
}

function begins(line: string, word: string, at: number): boolean {
  return !word.startsWith('/') || at === 0 || !/[\w.\-~@$}]/.test(line[at - 1] ?? '')
}

/** Names of one word and addresses stand in too many honest files. */
function hostOf(url: string | undefined): string | undefined {
  const host = url === undefined ? undefined : URL.parse(url)?.hostname
  return host === undefined || !host.includes('.') || isIP(host) !== 0 ? undefined : host
}
