import { describe, expect, it } from 'vitest'
import { applyRules, scan } from './apply-rules.ts'
import { Findings } from './findings.ts'
import { builtin, pattern, rule, setOf, words } from './fixtures/rules.ts'
import type { ContentRule } from './rule.ts'

function masked(text: string, ...rules: readonly ContentRule[]): string {
  return applyRules(text, setOf(...rules), new Findings())
}

describe('words', () => {
  it.each([
    ['the Falcon flies', 'the [word] flies'],
    ['falcons', 'falcons'],
    ['FALCON_1', 'FALCON_1'],
    ['ｆａｌｃｏｎ', '[word]'],
    ['我们的falcon很快', '我们的[word]很快'],
    ['das ist straße 5', 'das ist [word] 5'],
    ['ΟΔΟΣ und οδος', '[word] und [word]'],
    ['绝密文件在绝密处', '[word]文件在[word]处'],
    ['project  x, Project\tX!', 'project  x, [word]!'],
    ['("falcon")', '("[word]")'],
    [String.raw`{"a":"\nfalcon\n"}`, String.raw`{"a":"\n[word]\n"}`],
    ['c++ c+', '[word] c+'],
    ['🦅falcon🦅', '🦅[word]🦅'],
  ])('%s', (text, expected) => {
    expect(masked(text, words('falcon', 'straße', 'οδός'.normalize('NFD').replaceAll(/\p{M}/gu, ''), '绝密', 'project x', 'c++'))).toBe(
      expected,
    )
  })

  it('the longest one counts', () => {
    expect(masked('new york city', words('new york', 'new york city'))).toBe('[word]')
    expect(masked('new york citys', words('new york', 'new york city'))).toBe('[word] citys')
  })
})

describe('e-mail', () => {
  it.each([
    ['write to John.Doe+x@mail.example.co.uk.', 'write to [email].'],
    ['a@b', 'a@b'],
    ['a@b.c', 'a@b.c'],
    ['a@b.com-x', '[email]-x'],
    ['<me@x.org>,you@y.org', '<[email]>,[email]'],
    ['我的邮箱是me@x.com请回复', '我的邮箱是[email]请回复'],
    [String.raw`{"t":"to\nann@x.com"}`, String.raw`{"t":"to\n[email]"}`],
    ['jürgen@büro.de', '[email]'],
    ['@x.com', '@x.com'],
    ['https://x.com/?mail=me@x.com', 'https://x.com/?mail=[email]'],
  ])('%s', (text, expected) => {
    expect(masked(text, builtin('email'))).toBe(expected)
  })
})

describe('phone numbers', () => {
  it.each([
    ['+49 30 901820', '[phone]'],
    ['+1 (555) 010-9999', '[phone]'],
    ['0044 20 7946 0958', '[phone]'],
    ['13812345678', '[phone]'],
    ['电话138-1234-5678。', '电话[phone]。'],
    ['86 138 1234 5678', '[phone]'],
    ['138123456789', '138123456789'],
    ['12812345678', '12812345678'],
    ['(212) 555-0123', '[phone]'],
    ['212-555-0123', '[phone]'],
    ['2125550123', '2125550123'],
    ['+1234567', '+1234567'],
    ['in 2024-01-02', 'in 2024-01-02'],
    [String.raw`\n13812345678`, String.raw`\n[phone]`],
  ])('%s', (text, expected) => {
    expect(masked(text, builtin('phone'))).toBe(expected)
  })
})

describe('numbers of persons, cards and accounts', () => {
  it.each([
    ['id 11010519491231002X!', 'id [id-number]!'],
    ['id 110105194912310021', 'id 110105194912310021'],
    ['ssn 123-45-6789', 'ssn [id-number]'],
    ['ssn 123 45 6789', 'ssn [id-number]'],
    ['ssn 666-45-6789 000-12-3456 912-12-3456 123-00-6789', 'ssn 666-45-6789 000-12-3456 912-12-3456 123-00-6789'],
    ['123-45-67890', '123-45-67890'],
    ['4111 1111 1111 1111', '[card]'],
    ['4111-1111-1111-1112', '4111-1111-1111-1112'],
    ['378282246310005 and 6011111111111117', '[card] and [card]'],
    ['pay 5555555555554444, valid 12 2030', 'pay [card], valid 12 2030'],
    ['0000000000000000', '0000000000000000'],
    ['DE89 3704 0044 0532 0130 00 today', '[iban] today'],
    ['GB29NWBK60161331926819', '[iban]'],
    ['GB28NWBK60161331926819', 'GB28NWBK60161331926819'],
  ])('%s', (text, expected) => {
    expect(masked(text, builtin('id-number'), builtin('card'), builtin('iban'))).toBe(expected)
  })
})

describe('addresses of machines', () => {
  it.each([
    ['at 192.168.0.1:80', 'at [ip-address]:80'],
    ['1.2.3.4.5', '1.2.3.4.5'],
    ['256.1.1.1', '256.1.1.1'],
    ['::1 and fe80::1%eth0', '[ip-address] and [ip-address]%eth0'],
    ['2001:db8:0:0:0:0:0:1', '[ip-address]'],
    ['[::ffff:10.0.0.1]', '[[ip-address]]'],
    ['12:30:45', '12:30:45'],
    ['std::vector a::b', 'std::vector a::b'],
    ['2001:db8::1.', '[ip-address].'],
  ])('%s', (text, expected) => {
    expect(masked(text, builtin('ip-address'))).toBe(expected)
  })
})

describe('keys', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'
  it.each([
    ['sk-proj-abcdefghijklmnop1234', '[api-key]'],
    [`jr-${'a1'.repeat(20)}.`, '[api-key].'],
    ['sk-learn-classification-report', 'sk-learn-classification-report'],
    ['AKIAIOSFODNN7EXAMPLE', '[api-key]'],
    [`ghp_${'aB3'.repeat(12)}`, '[api-key]'],
    [`AIza${'a1B2c3D4e5F6g7H'.repeat(3).slice(0, 35)}`, '[api-key]'],
    ['xoxb-123456789012-abc', '[api-key]'],
    [`Bearer ${jwt}, ok`, 'Bearer [api-key], ok'],
    [`-----BEGIN RSA PRIVATE KEY-----\nMIIE+/=\nab\n-----END RSA PRIVATE KEY-----\nrest`, '[api-key]\nrest'],
    [`-----BEGIN PRIVATE KEY-----\nMIIE`, '[api-key]'],
    ['-----BEGIN CERTIFICATE-----', '-----BEGIN CERTIFICATE-----'],
  ])('%s', (text, expected) => {
    expect(masked(text, builtin('api-key'))).toBe(expected)
  })
})

describe('patterns', () => {
  it.each([
    [String.raw`EMP-\d{4}`, 'EMP-1234 EMP-12', '[pattern] EMP-12'],
    [String.raw`(?i)\bemp-\d+\b`, 'Emp-7, temp-7', '[pattern], temp-7'],
    ['(?m)^x+$', 'xx\nxy\nxxx', '[pattern]\nxy\n[pattern]'],
    ['绝密|机密', '此为机密', '此为[pattern]'],
    ['a+', 'a'.repeat(600), '[pattern][pattern][pattern]'],
    ['[🦅🦆]', 'x🦅y', 'x[pattern]y'],
    ['ab|abcd', 'abcd', '[pattern]'],
  ])('%s in %s', (source, text, expected) => {
    expect(masked(text, pattern(source))).toBe(expected)
  })

  it('are quick where others would not end', () => {
    expect(masked(`${'a'.repeat(20_000)}!`, pattern('(a+)+$'))).toHaveLength(20_001)
  })
})

it('what is counted or blocks does not keep from masking', () => {
  const findings = new Findings()
  const flag = rule('all', { kind: 'pattern', pattern: '.+' }, 'flag')
  const block = rule('stop', { kind: 'words', words: ['x.com'] }, 'block')
  const set = setOf(flag, builtin('email'), block)
  expect(applyRules('to a@x.com', set, findings)).toBe('to [email]')
  expect(findings.blockedBy).toBe(block)
  expect([...findings.counts].map(([{ name }, count]) => [name, count])).toEqual([
    ['all', 1],
    ['email', 1],
    ['stop', 1],
  ])
  expect(scan('to a@x.com', set).map(({ start, end, rule }) => [start, end, rule.name])).toEqual([
    [0, 10, 'all'],
    [3, 10, 'email'],
    [5, 10, 'stop'],
  ])
})
