import { createServer } from 'node:http'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { configCommand } from '../../src/commands/config-command.ts'
import { openDeskOver, openStoreOf } from '../../src/composition/open-stored-config.ts'
import { ADMIN } from '../support/open-test-desk.ts'
import { runCli } from '../support/run-cli.ts'

const TEXT = 'store: { type: file }\nbackends:\n  # the first\n  - { id: a, type: vllm, url: "http://a:8000", weight: 3 }\n'
const CANARY = 'sk-canary-0123456789abcdef'
const SILENT = { info() {}, warn() {}, error() {} }

async function folder(): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'jairouter-'))
  onTestFinished(() => rm(cwd, { recursive: true, force: true }))
  await writeFile(join(cwd, 'jairouter.yaml'), TEXT)
  return cwd
}

/** As a gateway does it that starts, is changed twice, and stops. */
async function seed(cwd: string): Promise<void> {
  const where = { found: { file: join(cwd, 'jairouter.yaml') }, env: {}, cwd, log: SILENT }
  const opened = await openStoreOf(where)
  const desk = await openDeskOver(opened, where)
  for (const value of [{ weight: 5 }, { apiKey: CANARY }]) {
    await desk.change({
      change: { edits: [{ op: 'merge', path: ['backends', { id: 'a' }], value }] },
      origin: ADMIN,
      action: 'backend.update',
      message: 'changed',
    })
  }
  desk.close()
  await opened.store.close()
}

async function run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const out: string[] = []
  const errors: string[] = []
  const code = await configCommand(args, { cwd, env, write: (line) => void out.push(line), writeError: (line) => void errors.push(line) })
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

describe('on the store', () => {
  it('shows versions, and makes new ones', async () => {
    const cwd = await folder()
    await seed(cwd)
    const listed = await run(cwd, ['versions'])
    expect(listed.out.split('\n').map((line) => line.split(/\s+/).filter((part) => !part.includes(':')))).toEqual([
      ['v3', 'ada', 'api', 'changed'],
      ['v2', 'ada', 'api', 'changed'],
      ['v1', 'file', 'file', 'From', 'the', 'config', 'file'],
    ])
    expect(await run(cwd, ['show', '1'])).toMatchObject({ code: 0, out: TEXT.trimEnd() })
    expect((await run(cwd, ['diff', '1', '2'])).out).toContain('+  - { id: a, type: vllm, url: "http://a:8000", weight: 5 }')
    expect(await run(cwd, ['rollback', '1', '--message', 'back'])).toMatchObject({ code: 0, out: 'v4 is in force' })
    expect(await run(cwd, ['export'])).toMatchObject({ code: 0, out: TEXT.trimEnd() })
    await writeFile(join(cwd, 'new.yaml'), TEXT.replace('weight: 3', `apiKey: ${CANARY}`))
    expect(await run(cwd, ['import', 'new.yaml'])).toMatchObject({ code: 0, out: 'v5 is in force' })
    const exported = await run(cwd, ['export'])
    expect(exported.out).toMatch(/apiKey: \$\{secret:|apiKey: "\$\{secret:/)
    const files = (await readdir(join(cwd, 'data'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    const bytes = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')))
    expect(bytes.join('\n')).toContain('${secret:')
    expect(bytes.join('\n')).not.toContain(CANARY)
  })

  it('says what is wrong', async () => {
    const cwd = await folder()
    expect(await run(cwd, ['versions'])).toMatchObject({ code: 1, errors: expect.stringContaining('start the gateway first') })
    await seed(cwd)
    expect(await run(cwd, ['show', '9'])).toMatchObject({ code: 1, errors: 'jairouter config: There is no version 9' })
    await writeFile(join(cwd, 'bad.yaml'), `${TEXT}server: { prot: 1 }\n`)
    expect(await run(cwd, ['import', 'bad.yaml'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('/server/prot (line 5): unknown key'),
    })
    expect(await run(cwd, ['import', 'none.yaml'])).toMatchObject({ code: 1, errors: 'jairouter config: none.yaml there is no such file' })
    for (const args of [
      [],
      ['show'],
      ['show', 'x'],
      ['diff', '1'],
      ['versions', '--limit', '0'],
      ['versions', '--url', 'ftp://x'],
      ['what'],
    ]) {
      expect((await run(cwd, args)).code).toBe(2)
    }
  })

  it('is a command of the program', async () => {
    const cwd = await folder()
    await seed(cwd)
    const cli = runCli(['config', 'versions', '--limit', '1'], { cwd })
    expect(await cli.exited()).toBe(0)
    expect(cli.stdout()).toMatch(/^v3 .*ada/)
  })
})

describe('over the management API', () => {
  it('asks as the token lets it, and shows problems', async () => {
    const seen: string[] = []
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type'] ?? ''}`)
      if (request.url?.includes('/versions/7') === true) {
        response.writeHead(404, { 'content-type': 'application/problem+json' })
        response.end(
          JSON.stringify({
            title: 'There is no such thing',
            detail: 'There is no version 7',
            errors: [{ pointer: '/x', message: 'm', line: 2 }],
          }),
        )
      } else if (request.url?.includes('/versions?') === true)
        response.end(JSON.stringify({ items: [{ number: 2, author: 'ada', time: 't', origin: 'api', message: 'm' }] }))
      else if (request.url?.includes('/diff') === true) response.end(JSON.stringify({ unified: '--- v1\n+++ v2\n' }))
      else if (request.method === 'POST') response.end(JSON.stringify({ version: { number: 8 } }))
      else response.end('server: {}\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    const cwd = await folder()
    const env = { JAIROUTER_URL: url, JAIROUTER_TOKEN: 'the-token' }
    expect((await run(cwd, ['versions'], env)).out).toMatch(/^v2 +t +ada +api +m$/)
    expect((await run(cwd, ['show', '2'], env)).out).toBe('server: {}')
    expect((await run(cwd, ['diff', '1', '2'], env)).out).toBe('--- v1\n+++ v2')
    expect((await run(cwd, ['import', 'jairouter.yaml'], env)).out).toBe('v8 is in force')
    expect(await run(cwd, ['rollback', '7'], env)).toMatchObject({
      code: 1,
      errors: 'jairouter config: There is no such thing: There is no version 7\n  /x (line 2): m',
    })
    expect(seen).toEqual([
      'GET /admin/api/config/versions?limit=20 Bearer the-token ',
      'GET /admin/api/config/export?version=2 Bearer the-token ',
      'GET /admin/api/config/diff?from=1&to=2 Bearer the-token ',
      'POST /admin/api/config/import Bearer the-token application/yaml',
      'POST /admin/api/config/versions/7/rollback Bearer the-token application/json',
    ])
  })
})
