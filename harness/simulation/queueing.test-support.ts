/**
 * What queueing theory says of the mean sojourn (waiting and service) with exponential service of mean 1, Poisson arrivals
 * at `load` per server and first come first served.
 */

/** One server of its own, as where backends are drawn by lot. M/M/1. */
export const alone = (load: number): number => 1 / (1 - load);

/** Turns over n servers: each gets every n-th arrival. E_n/M/1: σ = (nρ ÷ (nρ + 1 − σ))^n, T = 1 ÷ (1 − σ). */
export function inTurn(n: number, load: number): number {
  let sigma = load;
  let before: number;
  do {
    before = sigma;
    sigma = ((n * load) / (n * load + 1 - sigma)) ** n;
  } while (Math.abs(sigma - before) > 1e-14);
  return 1 / (1 - sigma);
}

/** Best of d over endlessly many servers: Σ λ^((d^i − d) ÷ (d − 1)). Vvedenskaya et al. 1996; Mitzenmacher 1996. */
export function bestOf(d: number, load: number): number {
  let sum = 0;
  for (let i = 1; ; i++) {
    const term = load ** ((d ** i - d) / (d - 1));
    if (term < 1e-15) return sum;
    sum += term;
  }
}

/** c servers behind one queue, the bound for all that choose at arrival. M/M/c, by Erlang's C. */
export function central(c: number, load: number): number {
  const offered = c * load;
  let blocked = 1;
  for (let k = 1; k <= c; k++) blocked = (offered * blocked) / (k + offered * blocked);
  const waits = blocked / (1 - load * (1 - blocked));
  return 1 + waits / (c * (1 - load));
}

/** How long a server of its own remembers how it began, in service times: its relaxation time (P. M. Morse 1958). */
export const relaxation = (load: number): number => 1 / (1 - Math.sqrt(load)) ** 2;
