/**
 * The contract of a chart: from the judged recording to Vega-Lite specs, purely. One small panel per contender wherever lines would
 * overlap: five curves in one frame are spaghetti, and panels reflow on a phone.
 * To write your own: a file here whose default export is `define({ about, create })`; it is found by listing the folder.
 */
import type { Report } from '../judge.ts';

/** A Vega-Lite spec. Its data stand in it. */
export type Spec = Readonly<Record<string, unknown>>;

export interface Panel {
  /** The contender; empty when the drawing has one panel. */
  label: string;
  spec: Spec;
}

/** Vega's names. */
export type PointShape = 'triangle-down' | 'triangle-up' | 'diamond';

export interface LegendEntry {
  label: string;
  /** A colour of theme.ts. */
  color: string;
  shape: 'line' | 'area' | 'bar' | 'band' | 'rule' | PointShape;
  dash?: readonly number[];
}

/** The numbers behind the picture, for whoever cannot or would not look at it. */
export interface Table {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

export interface Drawing {
  /** Says what to see, from the data; not what is drawn. */
  title: string;
  /** What is drawn, and how to read it: units, definitions. Read aloud by screen readers. */
  description: string;
  /** What the panels cannot say. */
  note?: string;
  legend: readonly LegendEntry[];
  panels: readonly Panel[];
  table: Table;
}

export interface ChartDefinition {
  readonly about: string;
  /** Position on the page; lowest first. */
  readonly order: number;
  /** Undefined when there is nothing of its kind to draw. */
  create(report: Report): Drawing | undefined;
}

export function define(chart: ChartDefinition): ChartDefinition {
  return chart;
}
