#!/usr/bin/env node
// What has to be so before the first module is loaded, to hold little memory; startup-memory.ts says what comes after the last.
// Plain CommonJS, since Node's loaders for modules and for TypeScript are work themselves: as .mjs it is 2 MB more.
const { enableCompileCache } = require('node:module')
const { setFlagsFromString } = require('node:v8')

// Loading makes path handling hot, and V8 would bring its optimizing compilers into memory for that alone: 11 MB.
setFlagsFromString('--no-opt')
setFlagsFromString('--no-maglev')
// The parser of backends' answers is WebAssembly, and a few probes' answers make it worth a compiler: 5 MB. It takes 150 times as many now,
// which is seconds of load. (A filter of what may be compiled would hold for good: code that was made under one never asks for better.)
setFlagsFromString('--wasm-tiering-budget=2000000000')
// The first requests all outlive V8's first collections, which are of little room, and it takes that for a habit: what such places in the code make
// would from then on be made among old objects, where it holds all that it refers to until the next large collection.
setFlagsFromString('--no-allocation-site-pretenuring')
// From the second start on, sources come stripped and compiled from the cache, and Node's stripper (WebAssembly, 17 MB) is not
// loaded at all. Where the cache can't be written, the gateway works without.
enableCompileCache()
import('./main.ts')
