/** What docs/monitoring.md says of the gateway's own alerts: its example and its commands, as they stand there, and its tables. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { alertsSchema } from '@jairouter/contract/alerts'
import { BUILTIN_RULES } from '../../src/alert/builtin-rules.ts'
import { KINDS } from '../../src/alert/rule.ts'
import { eventually } from '../support/eventually.ts'
import { startScripted } from '../support/scripted-server.ts'
import { startControlled } from '../support/start-controlled.ts'

const run = promisify(execFile)
const GUIDE = readFileSync(join(import.meta.dirname, '../../../docs/monitoring.md'), 'utf8')
const SECRET = 'canary-of-a-webhook-secret'

function sectionOf(heading: string): string {
  return GUIDE.split(`\n${heading}\n`)[1]?.split('\n## ')[0] ?? ''
}

function blockOf(section: string, language: string): string {
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(section)?.[1] ?? ''
}

const OWN = sectionOf('## Alerts of the gateway itself')
/** The cells of each row of the table that has this head. */
function rowsBelow(head: string): string[][] {
  const table = OWN.split(`\n${head}\n`)[1]?.split('\n\n')[0] ?? ''
  const rows = table.split('\n').slice(1)
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

const genuineSchema = z.object({ isGenuine: z.custom<(headers: unknown, body: Buffer, secret: string) => boolean>() })

describe('the guide to alerts', () => {
  it('has every kind with its labels, and every rule that comes with the gateway', () => {
    const kinds = rowsBelow('| kind | fires where | labels |').map(([kind = '', , labels = '']) => [kind, labels])
    expect(kinds.map(([kind]) => kind)).toEqual(Object.keys(KINDS).map((kind) => `\`${kind}\``))
    for (const [kind = '', labels = ''] of kinds) {
      if (labels === 'the same') continue
      const named = labels.match(/[a-z]+(?=`)/g)
      expect(named, kind).toEqual(Object.entries(KINDS).find(([name]) => kind === `\`${name}\``)?.[1].labels)
    }
    const rules = rowsBelow('| rule | kind | | for | severity |').map(([name, kind, , held, severity]) => [name, kind, held, severity])
    expect(rules).toEqual(
      BUILTIN_RULES.map(({ name, kind, for: held = '0s', severity = 'warning' }) => [`\`${name}\``, `\`${kind}\``, held, severity]),
    )
  })

  it('has an example that calls a webhook, a check that receivers can use, and commands that work', { timeout: 60_000 }, async () => {
    const example = sectionOf('### An example')
    const { alerts } = z
      .object({ alerts: z.looseObject({ rules: z.array(z.looseObject({})), receivers: z.array(z.looseObject({})) }) })
      .parse(parse(blockOf(example, 'yaml').replace('${OPS_SECRET}', SECRET)))
    const receiver = await startScripted((_, response) => void response.writeHead(204).end())
    // The same, to a receiver of this test, and without its two minutes and twenty requests.
    const quick = {
      ...alerts,
      every: '1s',
      rules: alerts.rules.map((rule) => (rule['name'] === 'error-rate' ? { ...rule, for: '0s', minimum: 1 } : rule)),
      receivers: alerts.receivers.map((one) => ({ ...one, url: receiver.url })),
    }
    expect(alertsSchema.safeParse(alerts)).toMatchObject({ success: true })
    const controlled = await startControlled(
      { a: { faults: { 'sim-chat': { name: 'status', status: 500 } } } },
      { defaults: { retry: { attempts: 1 } }, alerts: z.custom<z.input<typeof alertsSchema>>().parse(quick) },
    )
    for (let count = 0; count < 3; count += 1) await controlled.chat()
    const told = await eventually(() => receiver.requests[0] ?? Promise.reject(new Error('nobody was told')))

    const script = blockOf(sectionOf('### Webhooks'), 'js')
    const { isGenuine } = genuineSchema.parse(await import(`data:text/javascript,${encodeURIComponent(script)}`))
    expect(isGenuine(told.headers, told.body, SECRET)).toBe(true)
    expect(isGenuine(told.headers, told.body, 'another one')).toBe(false)
    expect(isGenuine({ ...told.headers, 'x-jairouter-timestamp': '1' }, told.body, SECRET)).toBe(false)
    const shown = Object(JSON.parse(blockOf(sectionOf('### Webhooks'), 'json')))
    const got = Object(JSON.parse(told.body.toString()))
    expect(Object.keys(got)).toEqual(Object.keys(shown))
    expect(Object.keys(got['alerts'][0]).toSorted()).toEqual(Object.keys(shown['alerts'][0]).toSorted())

    const commands = blockOf(example, 'sh').replaceAll('curl ', 'curl --fail-with-body --silent --show-error ')
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands], {
      env: { ...process.env, API: `${controlled.admin}/admin/api`, AUTH: `authorization: Bearer ${controlled.token}` },
    })
    expect(stdout).toContain('"covered":{"from":')
    expect(stdout).toContain('"ok":true')
    expect(stdout).toContain('{"firing":[{"id":"error-rate|model=sim-chat|service=chat"')
    expect(stdout).toContain('"match":{"model":"gpt-*"}')
  })
})
