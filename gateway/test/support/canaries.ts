import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { askApi, type ApiAnswer, type ApiOptions } from './ask-api.ts'

/** What could be seen, and which of the secrets may be in it. */
interface Sink {
  readonly name: string
  readonly text: string
  readonly mayHold: ReadonlySet<string>
}

export interface Canaries {
  /** From now on this is a secret. `parts`: what of it is its own; all of it when left out. */
  add(name: string, secret: string, parts?: readonly string[]): string
  /** Something that somebody may see. `shows`: the secrets that it is there to show. */
  seen(name: string, text: string, ...shows: readonly string[]): void
  /** All files below a folder, byte by byte, but those that are left out. */
  seenFiles(folder: string, leftOut?: (name: string) => boolean): void
  /** One line for each place where a secret is that should not be there. */
  leaks(): readonly string[]
  /** Bytes that were looked at. */
  size(): number
}

/** Shorter parts than this are found by chance, and the last four characters are shown on purpose. */
const PART = 14

export function createCanaries(): Canaries {
  const secrets = new Map<string, readonly string[]>()
  const sinks: Sink[] = []
  const seen: Canaries['seen'] = (name, text, ...shows) => void sinks.push({ name, text, mayHold: new Set(shows) })
  return {
    add(name, secret, parts = [secret]) {
      if (parts.some(({ length }) => length < PART)) throw new Error(`the canary ${name} is too short to be told from chance`)
      secrets.set(name, parts.flatMap(formsOf))
      return secret
    },
    seen,
    seenFiles(folder, leftOut = () => false) {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || leftOut(entry.name)) continue
        // Byte by byte: what is no UTF-8 must not hide what is.
        seen(`the file ${entry.name}`, readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
      }
    },
    leaks: () =>
      sinks.flatMap(({ name, text, mayHold }) =>
        [...secrets].flatMap(([secret, forms]) => {
          const form = mayHold.has(secret) ? undefined : forms.find((one) => text.includes(one))
          return form === undefined ? [] : [`${secret} is in ${name}: ${around(text, form)}`]
        }),
      ),
    size: () => sinks.reduce((sum, { text }) => sum + text.length, 0),
  }
}

/** As it is, its begin and its end, and as it would be written in other ways. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const inner = (text: string) => text.slice(0, text.length - 4)
  return [
    ...new Set([
      secret,
      bytes.toString('latin1'),
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      secret.slice(0, PART),
      secret.slice(-PART),
      inner(bytes.toString('base64')),
      inner(bytes.toString('base64url')),
      bytes.toString('hex'),
    ]),
  ]
}

function around(text: string, form: string): string {
  const at = text.indexOf(form)
  return text.slice(Math.max(0, at - 160), at + form.length + 20)
}

export interface ApiSpy {
  /** As `askApi`; the answer is a sink. `shows`: the secrets that it is there to show. */
  (target: string, options?: ApiOptions, ...shows: readonly string[]): Promise<ApiAnswer>
}

export function spyOnApi(url: string, canaries: Canaries): ApiSpy {
  return async (target, options, ...shows) => {
    const answer = await askApi(url, target, options)
    const what = typeof options?.text === 'string' ? options.text : JSON.stringify(options?.body ?? null)
    const label = `the answer to ${target} (${what.slice(0, 80)})`
    canaries.seen(label, `${answer.status} ${JSON.stringify(answer.headers)} ${answer.text}`, ...shows)
    return answer
  }
}
