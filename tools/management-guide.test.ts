/** The tables of docs/management.md are those of the contract, and its Chinese version says the same. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROBLEMS } from '../contract/src/management/problem.ts'
import { isAllowed, PERMISSIONS, ROLES, type Permission } from '../contract/src/management/roles.ts'

const ROOT = join(import.meta.dirname, '..')
const GUIDE = readFileSync(join(ROOT, 'docs/management.md'), 'utf8')
const CHINESE = readFileSync(join(ROOT, 'docs/management.zh-CN.md'), 'utf8')

/** Rows of the table that has this head. */
function rowsBelow(head: string, guide = GUIDE): string[] {
  const table = guide.split(`\n${head}\n`)[1]?.split('\n\n')[0] ?? ''
  return table.split('\n').slice(1)
}

describe('docs/management.md', () => {
  it('says what each role may', () => {
    const permissions = Object.keys(PERMISSIONS) as Permission[]
    const rows = permissions.map((permission) =>
      ['', ` \`${permission}\` `, ...ROLES.map((role) => (isAllowed(role, permission) ? ' yes ' : ' – ')), ''].join('|'),
    )
    expect(rowsBelow(`| permission | ${ROLES.join(' | ')} |`)).toEqual(rows)
  })

  it('has every problem', () => {
    const rows = Object.entries(PROBLEMS).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`)
    expect(rowsBelow('| code | status | title |')).toEqual(rows)
  })
})

describe('docs/management.zh-CN.md', () => {
  const matches = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([all]) => all)

  it('has the same commands', () => {
    const pattern = /^```.*?^```$/gms
    expect(matches(pattern, CHINESE)).toEqual(matches(pattern, GUIDE))
  })

  it('has the same headings, rows and points', () => {
    const marks = /^(?:#+ |\||- )/gm
    expect(matches(marks, CHINESE)).toEqual(matches(marks, GUIDE))
  })

  it('names the same operations', () => {
    const pattern = /`(?:GET|POST|PUT|PATCH|DELETE) \/[^`]*`/g
    expect(matches(pattern, CHINESE).toSorted()).toEqual(matches(pattern, GUIDE).toSorted())
  })

  it('says the same of roles and problems', () => {
    const english = rowsBelow(`| permission | ${ROLES.join(' | ')} |`)
    const chinese = rowsBelow(`| 权限 | ${ROLES.join(' | ')} |`, CHINESE)
    expect(chinese).toEqual(english.map((row) => row.replaceAll(' yes ', ' 是 ')))

    const codes = (rows: readonly string[]) => rows.map((row) => row.split('|').slice(1, 3))
    expect(codes(rowsBelow('| code | 状态码 | 含义 |', CHINESE))).toEqual(codes(rowsBelow('| code | status | title |')))
  })
})
