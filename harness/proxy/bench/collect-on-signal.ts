/** Loaded before a process whose memory is measured (`--expose-gc --import`): it collects its garbage when told by SIGUSR2. */
process.on('SIGUSR2', () => {
  if (globalThis.gc === undefined) throw new Error('expected --expose-gc among the arguments of this Node');
  globalThis.gc();
});
