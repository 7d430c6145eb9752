/**
 * `node:http`, to be taken from here. Its ES module reads every getter that the module has, and those of WebSocket bring
 * all of Node's own fetch with them: 15 MB that nothing here needs.
 */
export const http = process.getBuiltinModule('node:http')
