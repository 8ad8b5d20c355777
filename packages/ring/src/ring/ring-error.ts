/** What the caller of this package can do wrong. What a peer does wrong never throws: it closes the ring, with a reason. */
export class RingError extends Error {
  readonly code: 'RING_INVALID_CAPACITY' | 'RING_INVALID_PLACE' | 'RING_INVALID_EPOCH' | 'RING_NOT_RESERVED';
  override readonly name = 'RingError';

  constructor(code: RingError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
