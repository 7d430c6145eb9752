import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The command's full path, or undefined. `/usr/sbin` is looked at too: nginx is there, where users' paths often are not. */
export function findOnPath(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders
    .map((folder) => join(folder, command))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
