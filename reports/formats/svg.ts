/** From a Vega-Lite spec to SVG text, without a canvas or a browser. Vega is loaded on first use: it takes a while, and few commands draw. */
import type { Spec } from '../charts/chart.ts';
import { escapeHtml } from './markup.ts';

/**
 * @param label what a screen reader says instead of the picture
 * @param id begins the name of every definition inside; unique on the page
 * @param warn told of whatever Vega-Lite finds odd in a spec
 */
export async function renderSvg(
  spec: Spec,
  label: string,
  id: string,
  warn: (message: string) => void = () => undefined,
): Promise<string> {
  const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')]);
  const logger = {
    level: () => logger,
    error: (...args: readonly unknown[]) => said(args),
    warn: (...args: readonly unknown[]) => said(args),
    info: () => logger,
    debug: () => logger,
  };
  const said = (args: readonly unknown[]) => {
    warn(args.map(String).join(' '));
    return logger;
  };
  const compiled = lite.compile(spec as unknown as Parameters<typeof lite.compile>[0], {
    logger: logger as unknown as NonNullable<NonNullable<Parameters<typeof lite.compile>[1]>['logger']>,
  });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return slim(ownIds(svg, id), label);
}

/** Vega numbers its clip paths through the life of the process; here they count from one in each picture, so the same picture is the same bytes. */
function ownIds(svg: string, id: string): string {
  const names = new Map<string, string>();
  for (const [, old] of svg.matchAll(/\bid="([^"]+)"/g)) names.set(old!, `${id}-${names.size + 1}`);
  return svg.replace(
    /\b(id="|url\(#)([^")]+)/g,
    (_, before: string, old: string) => before + (names.get(old) ?? old),
  );
}

/** A picture with a name; without what draws nothing, and with coordinates to a tenth of a pixel. */
function slim(svg: string, label: string): string {
  return svg
    .replace(
      /^<svg [^>]*?(viewBox="[^"]*")[^>]*>/,
      `<svg xmlns="http://www.w3.org/2000/svg" $1 role="img" aria-label="${escapeHtml(label)}">`,
    )
    .replace(/<path class="(?:background|foreground)"[^>]*\/>/g, '')
    .replace(/<(text|line)[^>]*opacity="0"[^>]*(?:\/>|>[^<]*<\/text>)/g, '')
    .replace(/ (?:class|aria-hidden|pointer-events)="[^"]*"/g, '')
    .replace(/ (?:fill-|stroke-)?opacity="1"/g, '')
    .replace(/(\d+\.\d)\d+/g, '$1');
}
