/** Names of a trial's spools, in its directory: what its processes write while it runs, before `collect.ts` makes the recording of it. */
export const spools = {
  requests: 'requests.spool',
  attempts: 'attempts.log',
  events: 'proxy-events.ndjson',
  executed: 'executed.spool',
} as const;
