/** A crowd comes at once and goes at once. Fewer than usual come where the factor is below 1. */
import { defineLoad } from './fault.ts';

export default defineLoad({
  about: 'the load is so many times what it was, at once',
  options: {
    factor: { type: 'number', default: 5, min: 0.01, max: 1000, about: 'the rate is multiplied by it' },
  },
  create:
    ({ factor }) =>
    () => ({ kind: 'rate', from: factor, to: factor, over: 0 }),
});
