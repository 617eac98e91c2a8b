import test from 'ava';
import fc from 'fast-check';
import { ScenarioError } from './problem.ts';
import { mostRows, parseTrace } from './trace-file.ts';

const problemsOf = (text: string) => {
  try {
    parseTrace(text, 't.csv');
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
};

test('columns in any order, times in ms or with a unit, empty cells kept', (t) => {
  t.deepEqual(
    parseTrace(
      'key,at,region,client,path\nalice,-5.5,eu,10.0.0.1,/a\n,0,,,\nbob smith,1.5s,us,::1,/b?c=d\n',
      't',
    ),
    {
      at: [-5.5, 0, 1500],
      key: ['alice', '', 'bob smith'],
      region: ['eu', '', 'us'],
      client: ['10.0.0.1', '', '::1'],
      path: ['/a', '', '/b?c=d'],
    },
  );
});

test('a byte order mark, carriage returns, blank lines, spaces, quotes and no newline at the end', (t) => {
  t.deepEqual(parseTrace('\ufeffat, key\r\n\r\n 1 , "a,b" \r\n"2","say ""hi"""', 't'), {
    at: [1, 2],
    key: ['a,b', 'say "hi"'],
  });
});

test('a column without a value is no column', (t) => {
  t.deepEqual(parseTrace('at,region\n1,\n1,\n', 't'), { at: [1, 1] });
});

for (const [text, where, says] of [
  ['', 't.csv:1:1', /a header \(at,key,client,region,path,method,body,host\) and at least one row, got none/],
  ['at,key\n', 't.csv:1:1', /at least one row, got none/],
  ['10\n20\n', 't.csv:1:1', /a header row with columns at, .*, got "10"/],
  ['at,kye\n1,a\n', 't.csv:1:4', /got "kye"; did you mean `key`\?/],
  ['key,region\na,eu\n', 't.csv:1:1', /expected a column `at`, got key or region/],
  ['at,at\n1,1\n', 't.csv:1:4', /each column once/],
  ['at\n1\nsoon\n', 't.csv:3:1', /ms from t = 0, or a duration such as 1.5s, got "soon"/],
  ['at\n1\n1e3\n', 't.csv:3:1', /got "1e3"/],
  ['at\n\n5\n4\n', 't.csv:4:1', /ascending order, so 5 ms or later, got "4"/],
  ['at\n700000000\n', 't.csv:2:1', /got "700000000"/],
  ['at,key\n1,a,b\n', 't.csv:2:1', /expected 2 cells, as in the header, got 3/],
  ['at,key\n1,"a"b\n', 't.csv:2:1', /expected 2 cells, as in the header, got 1/],
  ['at,key\n1,käse\n', 't.csv:2:3', /a key of 1 to 256 visible ASCII characters.*got "käse"/],
  ['at,client\n1,  localhost\n', 't.csv:2:5', /expected an IP address, got "localhost"/],
  ['at,region\n1,EU\n', 't.csv:2:3', /a name of a-z.*got "EU"/],
  ['at,path\n1,index.html\n', 't.csv:2:3', /a path that starts with \/.*got "index.html"/],
  ['at,path\n1,/a b\n', 't.csv:2:3', /without spaces/],
  ['at,method\n1,get\n', 't.csv:2:3', /one of GET, HEAD.*got "get"/],
  ['at,body\n1,1k\n', 't.csv:2:3', /bytes of the request body.*got "1k"/],
  ['at,host\n1,a.example:80\n', 't.csv:2:3', /a host without port.*got "a.example:80"/],
] as const)
  test(`refused at its place: ${JSON.stringify(text)}`, (t) => {
    const found = problemsOf(text);
    t.is(found.length, 1);
    t.regex(found[0]!.message, says);
    t.is(found[0]!.where, where);
  });

test('every problem of a file at once, with the line it stands in', (t) => {
  const found = problemsOf('at,region\n1,eu\nx,eu\n0,EU\n');
  t.deepEqual(
    found.map(({ where }) => where),
    ['t.csv:3:1', 't.csv:4:1', 't.csv:4:3'],
  );
  t.is(found[2]!.frame, '    4 | 0,EU\n      |   ^^');
});

test('a million rows are read, one more is refused, and in reasonable time', (t) => {
  const rows = `at\n${'1\n'.repeat(mostRows)}`;
  const started = performance.now();
  t.is(parseTrace(rows, 't').at.length, mostRows);
  t.true(performance.now() - started < 20_000);
  const [found] = problemsOf(`${rows}1\n`);
  t.is(found!.where, `t.csv:${mostRows + 2}:1`);
  t.regex(found!.message, /at most 1,000,000 rows, got more/);
});

test('whatever a trace holds is read back, quoted or not', (t) => {
  const key = fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
    .filter((it) => it === it.trim());
  const rows = fc.array(fc.tuple(fc.integer({ min: -9999, max: 99_999 }), key), { minLength: 1 });
  fc.assert(
    fc.property(rows, (given) => {
      const sorted = given.toSorted(([a], [b]) => a - b);
      const text = sorted.map(([at, it]) => `${at},"${it.replaceAll('"', '""')}"\n`).join('');
      t.deepEqual(parseTrace(`at,key\n${text}`, 't'), {
        at: sorted.map(([at]) => at),
        key: sorted.map(([, it]) => it),
      });
    }),
  );
});
