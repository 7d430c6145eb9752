const PASSWORD_LENGTH = { least: 12, most: 256 } as const

/** Fewer different characters are a pattern, not a password. */
const LEAST_DIFFERENT = 5

/** Long enough, and the first ones that are tried. */
const KNOWN = [
  'password',
  'passwort',
  'changeme',
  'letmein',
  'welcome',
  'administrator',
  'qwertyuiop',
  'jairouter',
  '1234567890',
  'iloveyou',
]

/** One form for one password, however a keyboard composes its letters. */
export function normalPassword(password: string): string {
  return password.normalize('NFKC')
}

/** What is wrong with a password that somebody wants to have; undefined: nothing. */
export function passwordFault(password: string, name: string): string | undefined {
  const characters = [...normalPassword(password)]
  if (characters.length < PASSWORD_LENGTH.least) return `expected at least ${PASSWORD_LENGTH.least} characters`
  if (characters.length > PASSWORD_LENGTH.most) return `expected at most ${PASSWORD_LENGTH.most} characters`
  if (new Set(characters).size < LEAST_DIFFERENT) return `expected at least ${LEAST_DIFFERENT} different characters`
  if (isMadeOf(password.toLowerCase(), [name.toLowerCase(), ...KNOWN])) return 'is made of a word that is tried first'
  return undefined
}

/** Whether hardly anything is left once a known word is taken out. */
function isMadeOf(password: string, words: readonly string[]): boolean {
  return words.some((word) => {
    if (word.length < 3) return false
    const rest = password.replaceAll(word, '')
    return rest !== password && rest.length < PASSWORD_LENGTH.least / 2
  })
}
