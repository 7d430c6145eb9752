import { describe, expect, it } from 'vitest'
import { passwordFault } from './password-rule.ts'

describe('passwordFault', () => {
  it.each(['correct horse battery', 'zwölf Zeichen!', '🐎🔋🧷🎲🎹🪁🐎🔋🧷🎲🎹🪁', 'x9!kQ2#mP7&z', 'a'.repeat(100) + 'bcdef'])(
    'finds nothing wrong with %s',
    (password) => {
      expect(passwordFault(password, 'root')).toBeUndefined()
    },
  )

  it.each([
    ['elevenchars', 'at least 12'],
    ['🐎🔋🧷🎲🎹', 'at least 12'],
    ['ab'.repeat(129), 'at most 256'],
    ['aaaaaaaaaaaaaaaa', '5 different'],
    ['ababababcdcd', '5 different'],
    ['Password1234', 'tried first'],
    ['changeme-2026', 'tried first'],
    ['JAiRouterJAiRouter', 'tried first'],
    ['margaret-123', 'tried first'],
  ])('says of %s: %s', (password, fault) => {
    expect(passwordFault(password, 'Margaret')).toContain(fault)
  })

  it('does not mind a name of two letters', () => {
    expect(passwordFault('abc-abd-abe-abf', 'ab')).toBeUndefined()
  })
})
