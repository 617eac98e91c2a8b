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
  concurrency: 2,
};
