/** Which bytes may stand where in a message head (RFC 9110 §5.6.2, §5.5; RFC 3986 §3.2.2), as tables indexed by byte. */

function table(accept: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (accept(code) ? 1 : 0));
}
const oneOf = (characters: string) => (code: number) => characters.includes(String.fromCharCode(code));
const alphanumeric = (code: number) => /[0-9A-Za-z]/.test(String.fromCharCode(code));

const isToken = (code: number) => alphanumeric(code) || oneOf("!#$%&'*+-.^_`|~")(code);

/** Token characters in lower case; 0 where the byte is none. */
export const lowerToken = Uint8Array.from({ length: 256 }, (_, code) =>
  isToken(code) ? String.fromCharCode(code).toLowerCase().charCodeAt(0) : 0,
);

/** Field values: HTAB, SP, visible ASCII, obs-text. Not CR, LF, NUL or another control. */
export const inValue = table((code) => code === 9 || (code >= 32 && code !== 127));

/** Request targets: visible ASCII without the fragment's `#`. What RFC 3986 forbids beyond that is sent by browsers daily. */
export const inTarget = table((code) => code > 32 && code < 127 && code !== 35);

/** Registered names and IPv4 addresses in Host. Without the comma, by which two fields are joined into one. */
export const inHost = table((code) => alphanumeric(code) || oneOf("-._~%!$&'()*+;=")(code));

/** Value of a hexadecimal digit; 255 where the byte is none. */
export const hexValue = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 255 : value;
});
