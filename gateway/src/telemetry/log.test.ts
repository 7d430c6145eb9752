import { readdirSync, readFileSync } from 'node:fs'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLogger, type Logger } from './log.ts'

const KEY = 'sk-canary0123456789abcdef'
const PROMPT = 'canary words of somebody'

/** An error that holds secrets wherever one can be. */
function loadedError(): Error {
  const inner = Object.assign(new Error(`inner, asked with Bearer ${KEY}`), { body: PROMPT, request: { headers: { authorization: KEY } } })
  return Object.assign(new Error('outer', { cause: inner }), {
    code: 'E_OUTER',
    body: PROMPT,
    headers: { 'x-api-key': KEY },
    errors: [PROMPT],
    [Symbol('secret')]: PROMPT,
    toJSON: () => ({ PROMPT }),
  })
}

function written(write: (log: Logger) => void): string {
  const lines: string[] = []
  write(createLogger({ level: 'trace', destination: { write: (line: string) => void lines.push(line) } }))
  return lines.join('')
}

/** Names of fields that errors, or what may hold one, are logged under anywhere in the gateway. */
const FIELD_NAMES = fieldNames()

function fieldNames(): string[] {
  const root = join(import.meta.dirname, '..')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  )
  const calls = files.flatMap((file) => [
    ...readFileSync(join(root, file), 'utf8').matchAll(/\blog\w*\??\.(?:trace|debug|info|warn|error|fatal)\(\s*\{([^}]*)\}/g),
  ])
  const names = calls.flatMap(([, fields = '']) => [...fields.matchAll(/(?:^|,)\s*(\w+)/g)].map(([, name = '']) => name))
  return [...new Set(names)]
}

test('the call sites are found', () => {
  expect(FIELD_NAMES).toEqual(expect.arrayContaining(['error', 'err', 'problems', 'problem', 'backend', 'warnings']))
})

test.each(FIELD_NAMES)('an error under the name %s', (name) => {
  const line = written((log) => {
    log.error({ [name]: loadedError() }, 'failed')
    log.error({ [name]: [{ inner: loadedError() }] }, 'failed')
    log.child({ id: 'r' }).warn({ [name]: { headers: { authorization: `Bearer ${KEY}` } } }, 'failed')
  })
  expect(line).not.toMatch(/canary/)
  expect(line).toContain('outer')
  expect(line).toContain('E_OUTER')
})

test('an error by itself, or as the value of a message', () => {
  const line = written((log) => {
    log.error(new Error(`${PROMPT}: ${KEY}`.replace(PROMPT, 'words')))
    log.error(loadedError())
    log.fatal(loadedError(), 'uncaught')
    log.info('plain %s', 'text')
  })
  expect(line).not.toMatch(/canary/)
  expect(line).toContain('"msg":"uncaught"')
  expect(line).toContain('"msg":"plain text"')
})

test('what is no plain data shows its kind alone', () => {
  class Credentials {
    readonly apiKey = KEY
  }
  const line = written((log) => {
    const request = new IncomingMessage(new Socket())
    request.headers.authorization = KEY
    log.info({ request, bytes: Buffer.from(PROMPT), credentials: new Credentials(), map: new Map([[KEY, PROMPT]]) }, 'x')
  })
  expect(line).not.toMatch(/canary/)
  expect(JSON.parse(line)).toMatchObject({ request: '(IncomingMessage)', bytes: '(Buffer)', credentials: '(Credentials)', map: '(Map)' })
})

test('plain data is written as it is', () => {
  const fields = { problems: ['a', 'b'], nested: { n: 1, yes: true, none: null, list: [{ x: 1 }] } }
  expect(JSON.parse(written((log) => log.info(fields, 'x')))).toMatchObject(fields)
})
