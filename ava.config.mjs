export default {
  files: [
    'strategies/**/*.test.ts',
    'scenarios/**/*.test.ts',
    'harness/**/*.test.ts',
    'reports/**/*.test.ts',
    'docker/**/*.test.ts',
  ],
  extensions: ['ts'],
  timeout: '3m',
  // Hundreds of processes start here: each would strip the types of the same files again.
  environmentVariables: {
    NODE_COMPILE_CACHE: new URL('node_modules/.cache/compiled', import.meta.url).pathname,
  },
  concurrency: 2,
};
