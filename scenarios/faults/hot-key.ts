/** Everybody asks for the same: a share of the traffic has one key, or a few, that nobody asked for before. */
import { defineLoad } from './fault.ts';

export default defineLoad({
  about: 'a share of the requests has one key, or a few',
  options: {
    share: { type: 'share', default: 0.3, about: 'of the requests' },
    keys: {
      type: 'integer',
      default: 1,
      min: 1,
      max: 1_000_000,
      about: 'how many hot keys there are, each as hot',
    },
  },
  create:
    ({ share, keys }) =>
    () => ({ kind: 'keys', share, keys }),
});
