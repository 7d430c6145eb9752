import { assert, constantFrom, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpolate } from './interpolate.ts'

const env = { HOST: 'gpu', EMPTY: '', DOLLARS: '$$ ${HOST}', PORT_2: '80' }

describe('interpolate', () => {
  it.each([
    ['no mark', 'no mark'],
    ['${HOST}', 'gpu'],
    ['http://${HOST}:${PORT_2}/', 'http://gpu:80/'],
    ['${NONE:-8080}', '8080'],
    ['${EMPTY:-8080}', '8080'],
    ['${HOST:-8080}', 'gpu'],
    ['${NONE:-}', ''],
    ['${EMPTY}', ''],
    ['${NONE:-a:-b}', 'a:-b'],
    ['$$', '$'],
    ['pa$$word', 'pa$word'],
    ['pa$word$', 'pa$word$'],
    ['$${HOST}', '${HOST}'],
    ['$$$${HOST}', '$${HOST}'],
    ['$$${HOST}', '$gpu'],
    ['${DOLLARS}', '$$ ${HOST}'],
    ['${NONE:-$$}', '$$'],
    ['$HOST', '$HOST'],
  ])('%s → %s', (text, value) => {
    expect(interpolate(text, { env })).toMatchObject({ value })
  })

  it.each([
    ['${NONE}', 'environment variable NONE is not set'],
    ['a ${HOST} ${NONE} ${NEITHER}', 'environment variable NONE is not set'],
    ['${constructor}', 'environment variable constructor is not set'],
    ['${HOST', 'a ${ without its }; write $$ for a plain $'],
    ['${}', 'expected ${NAME} or ${NAME:-default}; write $$ for a plain $'],
    ['${1A}', 'expected ${NAME} or ${NAME:-default}; write $$ for a plain $'],
    ['${HOST-x}', 'expected ${NAME} or ${NAME:-default}; write $$ for a plain $'],
    ['${ HOST }', 'expected ${NAME} or ${NAME:-default}; write $$ for a plain $'],
    ['${NONE:-${HOST}}', 'the default of ${NONE} holds another ${...}, which is not supported'],
  ])('%s is refused', (text, problem) => {
    expect(interpolate(text, { env })).toEqual({ problem })
  })

  it('says what came from the environment and whether it is the whole text', () => {
    expect(interpolate('${HOST}', { env })).toEqual({ value: 'gpu', interpolated: { source: '${HOST}', whole: true, values: ['gpu'] } })
    expect(interpolate('${NONE:-x}', { env })).toEqual({ value: 'x', interpolated: { source: '${NONE:-x}', whole: true, values: [] } })
    expect(interpolate('${HOST}${PORT_2}', { env })).toEqual({
      value: 'gpu80',
      interpolated: { source: '${HOST}${PORT_2}', whole: false, values: ['gpu', '80'] },
    })
    expect(interpolate('$$', { env })).toEqual({ value: '$' })
  })

  it('gives any text back whose dollars are doubled', () => {
    assert(
      property(string({ unit: constantFrom('$', '{', '}', 'H', ':', '-') }), (text) => {
        expect(interpolate(text.replaceAll('$', '$$$$'), { env })).toMatchObject({ value: text })
      }),
    )
  })
})
