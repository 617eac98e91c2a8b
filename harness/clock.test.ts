import { fileURLToPath } from 'node:url';
import test from 'ava';
import { execa } from 'execa';

const clock = fileURLToPath(new URL('./clock.ts', import.meta.url));

// In a process of its own, since what went wrong once went wrong at the first reading: 1 to 2 ms, in each process another.
test('in a fresh process the clock is the machine’s monotonic clock, from its first reading', async (t) => {
  const code = `
    const { now } = await import(${JSON.stringify(clock)});
    const apart = Array.from({ length: 50 }, () => Math.abs(now() - Number(process.hrtime.bigint()) / 1e6));
    console.log(Math.min(...apart));`;
  for (let run = 0; run < 3; run++) {
    const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', code]);
    t.true(Number(stdout) < 0.2, `${stdout} ms apart`);
  }
});
