/**
 * HTML that cannot be forgotten to escape: what stands in a template is markup, what is put into it is text, unless it is markup itself.
 * Attribute values are always quoted in our templates, so one escape serves both places.
 */
const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export class Markup {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

export type Content = Markup | string | number | null | undefined | false | readonly Content[];

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

function source(content: Content): string {
  if (content instanceof Markup) return content.source;
  if (content === null || content === undefined || content === false) return '';
  if (typeof content === 'string' || typeof content === 'number') return escapeHtml(String(content));
  return content.map(source).join('');
}

/** A tagged template: `` html`<p>${text}</p>` ``. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(strings.map((part, i) => (i === 0 ? part : source(contents[i - 1]!) + part)).join(''));
}

/** Text of a heading: a number and its unit stay on one line. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (ms|s)\b/g, '$1\u00a0$2');
}

/** Data inside a script element: no `<` at all, so neither `</script` nor `<!--` can occur; still the same JSON. */
export function inertJson(value: unknown): Markup {
  return new Markup(
    JSON.stringify(value)
      .replace(/</g, '\\u003c')
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  );
}
