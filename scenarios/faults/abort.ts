/** Users who lose patience: a share of the clients goes away in mid-request. It is the clients' doing, so it counts as no error. */
import { defineLoad } from './fault.ts';

export default defineLoad({
  about: 'a share of the clients goes away in mid-request',
  options: {
    share: { type: 'share', default: 0.1, about: 'of the requests' },
    after: {
      type: 'duration',
      default: 20,
      about: 'from sending the request, unless it is answered by then',
    },
  },
  create:
    ({ share, after }) =>
    () => ({ kind: 'leave', share, after }),
});
