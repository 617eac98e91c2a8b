/** A crowd grows, as a morning does, and is gone when the fault is healed. Without `until` it stays to the end. */
import { defineLoad } from './fault.ts';

export default defineLoad({
  about: 'the load grows steadily to so many times what it was',
  options: {
    to: {
      type: 'number',
      default: 3,
      min: 0.01,
      max: 1000,
      about: 'what the rate is multiplied by in the end',
    },
    over: {
      type: 'duration',
      default: 0,
      about: 'grows over this time and stays there; 0: for as long as the fault lasts',
    },
  },
  create:
    ({ to, over }) =>
    (lasts) => ({ kind: 'rate', from: 1, to, over: over > 0 ? over : lasts }),
});
