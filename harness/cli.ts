#!/usr/bin/env node
/** Where `steelyard` starts; the command line itself is command-line.ts. What must be said to V8 before anything is loaded is said here. */
import { setFlagsFromString } from 'node:v8';

// The space of new objects grows while much survives, as it does at a start and when connections come in, and a balancer would
// hold some 20 MB of garbage for as long as it serves. Kept small, it is emptied more often; a request's CPU does not show it.
if (process.argv[2] === 'proxy') setFlagsFromString('--semi-space-growth-factor=1');

await import('./command-line.ts');
