/** Checks the failover that CI runs on containers: what must hold of every failover, read from its summary. */
import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';

const dir = process.argv[2]!;
const summary = JSON.parse(await readFile(`${dir}/summary.json`, 'utf8'));
await access(`${dir}/report.html`);

assert.equal(summary.driver, 'docker');
assert.equal(summary.status, 'complete');
assert.ok(summary.contenders.length >= 2);
for (const { name, requests, failover } of summary.contenders) {
  const { sent, ok, failed, lost, inFlightAtEnd } = requests;
  assert.ok(ok > 1_000, `${name}: only ${ok} requests were ok`);
  assert.equal(sent, ok + failed + lost + inFlightAtEnd, `${name}: requests are conserved`);
  assert.equal(failover.length, 1, `${name}: the crash is there`);
  const { detectMs, recoverMs } = failover[0];
  assert.ok(detectMs !== null && detectMs <= 2 * 500 + 200, `${name}: detected in ${detectMs} ms`);
  console.log(
    `${name}: ${sent} sent = ${ok} ok + ${failed} failed + ${lost} lost + ${inFlightAtEnd} in flight; detected in ${detectMs} ms, recovered in ${recoverMs} ms`,
  );
}
