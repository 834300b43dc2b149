/**
 * Gives the memory of body chunks back as soon as they have been copied away. Left to the garbage collector, which sees
 * only small objects, a large upload would first grow the process by tens of megabytes.
 */

/** Nobody may look at the chunk again: its buffer is detached. Chunks that share a buffer with others are left alone. */
export function release(chunk: Uint8Array): void {
  if (ownsBuffer(chunk)) chunk.buffer.transfer(0);
}

const ownsBuffer = (chunk: Uint8Array): chunk is Uint8Array<ArrayBuffer> =>
  chunk.buffer instanceof ArrayBuffer && chunk.byteLength === chunk.buffer.byteLength;

export interface Releaser {
  /** A chunk enters the parser. */
  entered(chunk: Uint8Array): void;
  /** A slice has left the parser, and those before it have been copied away. */
  left(slice: Uint8Array): void;
}

/** More than any parser holds back; chunks beyond it are left to the garbage collector. */
const maxHeld = 64;

/** For chunks that pass a parser, which keeps their order: once a later one comes out, nothing of the earlier is in it. */
export function createReleaser(): Releaser {
  const held: Uint8Array[] = [];
  return {
    entered(chunk) {
      held.push(chunk);
      if (held.length > maxHeld) held.shift();
    },
    left(slice) {
      const at = held.findIndex((chunk) => chunk.buffer === slice.buffer);
      if (at > 0) for (const chunk of held.splice(0, at)) release(chunk);
    },
  };
}
