/** Cookies of a request, as RFC 6265 §5.4 has clients send them. */

/** Value of the first cookie of that name in a Cookie field; undefined where there is none. */
export function cookieIn(value: string, name: string): string | undefined {
  for (let at = 0; at < value.length; ) {
    let end = value.indexOf(';', at);
    if (end < 0) end = value.length;
    while (value[at] === ' ' || value[at] === '\t') at++;
    const equals = at + name.length;
    if (value[equals] === '=' && value.startsWith(name, at) && equals < end)
      return value.slice(equals + 1, end).trim();
    at = end + 1;
  }
  return undefined;
}
