/**
 * `junit.xml`: what a CI server shows. One case per contender (an error when it failed), per audit finding and per expectation; what is
 * unknown is skipped with its reason, never passed.
 */
import { define } from './format.ts';

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text for XML 1.0: escaped, and without the control characters that no escape makes legal. */
export function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => entities[character]!);
}

type Result = 'pass' | 'fail' | 'error' | 'unknown';

interface Case {
  name: string;
  result: Result;
  detail: string;
}

function element(suite: string, { name, result, detail }: Case): string {
  const open = `    <testcase classname="${xml(suite)}" name="${xml(name)}"`;
  const message = `message="${xml(detail)}"`;
  if (result === 'pass') return `${open}><system-out>${xml(detail)}</system-out></testcase>`;
  const tag = { fail: 'failure', error: 'error', unknown: 'skipped' }[result];
  return `${open}><${tag} ${message}/></testcase>`;
}

function suiteOf(name: string, cases: readonly Case[]): string {
  const of = (result: Result) => cases.filter((it) => it.result === result).length;
  const counts = `tests="${cases.length}" failures="${of('fail')}" errors="${of('error')}" skipped="${of('unknown')}"`;
  return [
    `  <testsuite name="${xml(name)}" ${counts}>`,
    ...cases.map((it) => element(name, it)),
    '  </testsuite>',
  ].join('\n');
}

export default define({
  about: 'one test case per contender, audit finding and expectation',
  file: 'junit.xml',
  create({ summary: { scenario, contenders, audit, verdict } }) {
    const suites = {
      contenders: contenders.map(({ name, status, error }): Case => {
        const result = status === 'complete' ? 'pass' : status === 'interrupted' ? 'unknown' : 'error';
        return { name, result, detail: error ?? status };
      }),
      audit: audit.findings.map(({ check, ok, detail }): Case => {
        return { name: check, result: ok === null ? 'unknown' : ok ? 'pass' : 'fail', detail };
      }),
      expectations: verdict.expectations.map(({ expectation, status, detail }): Case => {
        return { name: expectation, result: status, detail };
      }),
    };
    const parts = Object.entries(suites).map(([name, cases]) =>
      suiteOf(`steelyard.${scenario}.${name}`, cases),
    );
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="steelyard">\n${parts.join('\n')}\n</testsuites>\n`;
  },
});
