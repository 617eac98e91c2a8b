/** `summary.json`: the judgement itself, for scripts. Its shape and every definition stand in `../summary.ts`. */
import { define } from './format.ts';

export default define({
  about: 'the whole judgement, versioned',
  file: 'summary.json',
  create: ({ summary }) => `${JSON.stringify(summary, undefined, 2)}\n`,
});
