/**
 * Rows of cells as lines whose columns stand under one another, two spaces apart, without trailing ones.
 * @param text columns of words, set to the left; all others are numbers, to the right
 */
export function aligned(rows: readonly (readonly string[])[], text: ReadonlySet<number>): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        text.has(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
