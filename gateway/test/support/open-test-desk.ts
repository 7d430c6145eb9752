import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { Origin } from '../../src/auth/audit/audit-entry.ts'
import type { CompleteConfig } from '../../src/config/live-config.ts'
import { createTextSource, type ConfigTexts } from '../../src/config/source.ts'
import type { Store } from '../../src/store/port.ts'
import type { SecretBox } from '../../src/store/secrets/port.ts'
import { openConfigDesk } from '../../src/versions/open-config-desk.ts'
import type { OpenDesk } from '../../src/versions/open-desk.ts'

export const ADMIN: Origin = {
  actor: { kind: 'user', id: 'u1', name: 'ada', role: 'admin', sessionId: 's1' },
  address: '10.0.0.1',
  requestId: 'r1',
}

/** A clock and what waits for it, that a test moves on. */
export interface TestClock {
  now(): number
  schedule(delayMs: number, run: () => void): () => void
  /** What falls due runs, in order. */
  pass(ms: number): void
}

export function testClock(start = Date.parse('2027-01-01T00:00:00Z')): TestClock {
  let now = start
  let waiting: { at: number; run: () => void }[] = []
  return {
    now: () => now,
    schedule(delayMs, run) {
      const entry = { at: now + delayMs, run }
      waiting.push(entry)
      return () => {
        waiting = waiting.filter((other) => other !== entry)
      }
    },
    pass(ms) {
      const end = now + ms
      for (;;) {
        const next = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        waiting = waiting.filter((other) => other !== next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
    },
  }
}

/** Seals with a key of its own: what it sealed shows nothing of the text. */
function testBox(): SecretBox {
  const key = createHash('sha256').update('a key for tests').digest()
  const iv = (text: string) => createHash('sha256').update(text).digest().subarray(0, 16)
  return {
    seal(text, purpose) {
      const cipher = createCipheriv('aes-256-cbc', key, iv(purpose))
      return `${cipher.update(`${purpose}\n${text}`, 'utf8', 'hex')}${cipher.final('hex')}`
    },
    open(sealed, purpose) {
      const decipher = createDecipheriv('aes-256-cbc', key, iv(purpose))
      const text = `${decipher.update(sealed, 'hex', 'utf8')}${decipher.final('utf8')}`
      if (!text.startsWith(`${purpose}\n`)) throw new Error('sealed for something else')
      return text.slice(purpose.length + 1)
    },
    digest: (text) => createHash('sha256').update(key).update(text).digest('hex'),
  }
}

export interface TestDesk {
  readonly desk: OpenDesk
  /** Configs in the order in which they came into force. */
  readonly applied: CompleteConfig[]
  readonly logged: string[]
}

export interface TestDeskOptions {
  readonly store: Store
  readonly clock?: TestClock
  readonly env?: Readonly<Record<string, string>>
  /** What the config file holds, if there is one. */
  readonly file?: () => ConfigTexts
  readonly seed?: string
  readonly box?: SecretBox
}

export async function openTestDesk(options: TestDeskOptions): Promise<TestDesk> {
  const { store, clock = testClock(), env = {}, file, seed = 'backends: []\n', box = testBox() } = options
  const source = createTextSource({ directory: '/', env })
  const logged: string[] = []
  const note = (fields: object, message: string) => {
    logged.push(
      `${message} ${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? `${value.message} ${value.stack}` : value))}`,
    )
  }
  const desk = await openConfigDesk({
    store,
    box,
    env,
    seed,
    now: clock.now,
    schedule: clock.schedule,
    log: { info: note, warn: note, error: note },
    ...(file === undefined ? {} : { readFile: file }),
    load(texts, secretOf) {
      const loaded = source.load(texts, secretOf)
      return 'problems' in loaded ? loaded : { ...loaded, certificates: source.readCertificates(loaded.config) }
    },
  })
  onTestFinished(() => desk.close())
  const applied: CompleteConfig[] = [desk.loaded]
  desk.attach({
    apply(loaded) {
      applied.push(loaded)
      return []
    },
  })
  return { desk, applied, logged }
}
