/** The relay's process: one front for each backend it stands before. */
import { now } from '../clock.ts';
import { serve } from '../role.ts';
import { Front } from './front.ts';
import type { Ask, FromRelay, ToRelay } from './messages.ts';

serve<object, ToRelay, FromRelay>(async (_, say) => {
  const fronts = new Map<string, Front>();

  async function carryOut(id: string, what: Ask): Promise<void> {
    if (what.ask === 'open') {
      fronts.set(id, new Front(what.behind, what.port));
      return;
    }
    const front = fronts.get(id);
    if (front === undefined) throw new Error(`expected a backend the relay stands before, got ${id}`);
    if (what.ask === 'up') await front.up();
    else if (what.ask === 'down') await front.down();
    else if (what.ask === 'reset') front.reset();
    else if (what.ask === 'set') front.setFault(what.fault);
    else front.clear(what.fault);
  }

  return {
    receive({ n, id, what }) {
      carryOut(id, what).then(
        () => say({ type: 'answer', n, at: now() }),
        (error: Error) => say({ type: 'answer', n, at: now(), error: error.message }),
      );
    },
    stop: () => {
      for (const front of fronts.values()) front.close();
    },
  };
});
