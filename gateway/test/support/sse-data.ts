/** The data of each event of a finished stream, read as the standard says: with or without a space, over several lines. Comments are left out. */
export function dataOf(text: string): string[] {
  return text.split('\n\n').flatMap((block) => {
    const lines = block.split('\n').filter((line) => line.startsWith('data:'))
    return lines.length === 0 ? [] : [lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n')]
  })
}
