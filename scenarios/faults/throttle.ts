/** The host gets a share of a CPU. Only bites on backends that burn CPU (`work: burn`): one that sleeps hardly needs any. */
import { defineHost } from './fault.ts';

export default defineHost({
  about: 'a share of one CPU is left; only bites where `work: burn`',
  options: { quota: { type: 'share', default: 0.1, about: 'of one CPU that is left' } },
});
