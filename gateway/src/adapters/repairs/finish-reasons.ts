import type { Answers } from '@jairouter/contract/adapter'
import type { JsonObject } from '../../lib/json.ts'
import { hasValue, needleOf } from '../../lib/json-needle.ts'
import type { Repair } from './repair.ts'

const FINISH = needleOf('finish_reason')
const QUOTE = 0x22

/** A backend's own words for why it ended -> OpenAI's (backends.md 21.1). */
export function finishReasonRepair(reasons: Answers['finishReasons']): Repair {
  const words = new Map(Object.entries(reasons))
  const needles = [...words.keys()].map(needleOf)
  const mend = (choice: JsonObject) => {
    const word = words.get(String(choice['finish_reason']))
    return word === undefined ? choice : { ...choice, finish_reason: word }
  }
  const stream = {
    wants: (data: Buffer) => needles.some((needle) => data.indexOf(needle) >= 0) && hasValue(data, FINISH, QUOTE),
    mend,
    rest: () => [],
  }
  return { whole: mend, stream: () => stream }
}
