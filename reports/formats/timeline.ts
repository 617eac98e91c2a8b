/** `timeline.ndjson`: the timeline fold (`../timeline.ts`), one object a line. */
import { define } from './format.ts';

export default define({
  about: 'counts and percentiles per trial and 250 ms, more in a long trial',
  file: 'timeline.ndjson',
  create: ({ folds }) =>
    folds
      .flatMap(({ timeline }) => timeline)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
});
