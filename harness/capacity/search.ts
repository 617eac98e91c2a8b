/**
 * The highest rate at which an objective is met, by doubling and bisection, when each look is noisy. Pure: it asks for one look after
 * another and says when it knows.
 *
 * From a first guess the rate is doubled while the objective is met (halved while it is not), until one rate met it and a higher one did
 * not; then the middle of the two, by ratio, until they are within `precision`. As one lucky look would settle too high, and one unlucky
 * look too low, both ends are then looked at again with luck of their own, `confirm` times: an end that is outvoted by its own looks
 * (a tie is no confirmation) moves over to the other side, and the search goes on from there. What is answered was met by most of its
 * looks, and what is `precision` above it was not.
 */
export interface SearchOptions {
  /** Where to begin, requests per second. */
  readonly guess: number;
  /** Nothing above it is asked; undefined: nothing stops it but `looks`. */
  readonly most?: number | undefined;
  /** How far apart the two ends may be, as a share of the lower one. */
  readonly precision: number;
  /** Looks at each end, the first included; odd, so that they decide. */
  readonly confirm: number;
  /** Most looks altogether. */
  readonly looks: number;
}

/** One look: at which rate, and the how-manieth look at it, from 0, so that each has luck of its own. */
export interface Look {
  readonly rate: number;
  readonly again: number;
}

export interface Found {
  /** The highest rate that met the objective; 0 where none did. */
  readonly rate: number;
  /** The lowest above it that did not; Infinity where all did. */
  readonly above: number;
  /** `confirmed`; or why the search ended before: the rate reached `most`, looks ran out, or nothing met it. */
  readonly ended: 'confirmed' | 'most' | 'looks' | 'never';
  readonly looks: readonly (Look & { readonly met: boolean })[];
}

/** So many halvings of the guess without success, and it is never met: a thousandth. */
const halvings = 10;

/** @param met answers one look. Rejects with what `met` rejects with. */
export async function searchCapacity(
  { guess, most = Number.POSITIVE_INFINITY, precision, confirm, looks }: SearchOptions,
  met: (look: Look) => Promise<boolean>,
): Promise<Found> {
  const done: (Look & { met: boolean })[] = [];
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  const votes = (rate: number) => done.filter((it) => it.rate === rate);
  const look = async (rate: number): Promise<boolean> => {
    const one = { rate, again: votes(rate).length };
    done.push({ ...one, met: await met(one) });
    const all = votes(rate);
    return 2 * all.filter((it) => it.met).length > all.length;
  };
  const found = (ended: Found['ended']): Found => ({ rate: low, above: high, ended, looks: done });
  /** Moves an end to the rate; what the looks before said of rates beyond it no longer counts. */
  const place = (rate: number, isMet: boolean) => {
    if (isMet) low = rate;
    else high = rate;
    if (low < high) return;
    if (isMet) high = nearest(done, rate, 'above');
    else low = nearest(done, rate, 'below');
  };
  let next = Math.min(guess, most);
  while (done.length < looks) {
    place(next, await look(next));
    if (low === 0) {
      if (high <= guess / 2 ** halvings) return found('never');
      next = high / 2;
    } else if (high === Number.POSITIVE_INFINITY) {
      if (low >= most) return found('most');
      next = Math.min(low * 2, most);
    } else if (high / low > 1 + precision) next = Math.sqrt(low * high);
    else {
      const open = [low, high].find((rate) => votes(rate).length < confirm);
      if (open === undefined) return found('confirmed');
      next = open;
    }
  }
  return found('looks');
}

/** The nearest rate on one side whose looks say what that side needs: met below, not met above. */
function nearest(done: readonly (Look & { met: boolean })[], rate: number, side: 'above' | 'below'): number {
  const rates = [...new Set(done.map((it) => it.rate))].filter((it) =>
    side === 'above' ? it > rate : it < rate,
  );
  const fits = rates.filter((it) => {
    const all = done.filter((one) => one.rate === it);
    const isMet = 2 * all.filter((one) => one.met).length > all.length;
    return isMet === (side === 'below');
  });
  if (side === 'above') return fits.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...fits);
  return fits.length === 0 ? 0 : Math.max(...fits);
}
