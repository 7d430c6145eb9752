/** The tables of docs/management.md are those of the contract. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROBLEMS } from '../contract/src/management/problem.ts'
import { isAllowed, PERMISSIONS, ROLES, type Permission } from '../contract/src/management/roles.ts'

const ROOT = join(import.meta.dirname, '..')
const GUIDE = readFileSync(join(ROOT, 'docs/management.md'), 'utf8')

/** Rows of the table that has this head. */
function rowsBelow(head: string): string[] {
  const table = GUIDE.split(`\n${head}\n`)[1]?.split('\n\n')[0] ?? ''
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
