/**
 * Takes memory until somebody ends this process for it. On V8's own heap: where the kernel refuses more instead of killing,
 * as under a limit on address space, V8 ends the process, while a Buffer would throw something to be caught.
 */
export function takeMemory(): void {
  const taken: number[][] = [];
  const take = () => {
    for (let i = 0; i < 8; i++) taken.push(new Array<number>(131_072).fill(taken.length)); // 1 MiB each
    setImmediate(take);
  };
  setImmediate(take);
}
