/** Typed views that read and write a message where it lies, without copies. */
import { type FieldDeclarations, InterfaceError, type ValueOfField } from './declaration.ts';
import type { FieldLayout, MessageLayout } from './message-layout.ts';

/**
 * A window that is moved over messages of one kind: make it once per buffer, move it with `at`. Integers are read and written in place;
 * `u8[N]` and the tail read as `Uint8Array`s onto the buffer, and are copied on assignment. What another thread may still write can
 * change between two reads: read such a field once.
 */
export type MessageView<F extends FieldDeclarations> = { -readonly [K in keyof F]: ValueOfField<F[K]> } & {
  /**
   * Moves to the message at `offset` bytes in the buffer, in a record of `length` bytes (default: the fixed part).
   * @throws InterfaceError when the record cannot hold the message; `Message.accepts` tells beforehand.
   */
  at(offset: number, length?: number): MessageView<F>;
};

/** State of a view; the accessors of each message's own prototype read it. */
class ViewState {
  readonly $data: DataView;
  readonly $layout: MessageLayout;
  $offset = 0;
  $length: number;

  constructor(data: DataView, layout: MessageLayout) {
    this.$data = data;
    this.$layout = layout;
    this.$length = layout.bytes;
  }

  at(offset: number, length: number = this.$layout.bytes): this {
    if (length < this.$layout.bytes) {
      throw new InterfaceError(
        `A record of ${length} bytes cannot hold ${this.$layout.name}, which takes ${this.$layout.bytes}: check accepts() first.`,
      );
    }
    this.$offset = offset;
    this.$length = length;
    return this;
  }

  $bytes(from: number, bytes: number): Uint8Array {
    const { buffer, byteOffset } = this.$data;
    return new Uint8Array(buffer, byteOffset + this.$offset + from, bytes);
  }
}

/** Makes views of one message; `layOutMessage` and this are called once per declaration. */
export function viewFactory<F extends FieldDeclarations>(
  layout: MessageLayout,
): (buffer: ArrayBufferLike | DataView) => MessageView<F> {
  const MessageViewClass = class extends ViewState {};
  for (const field of layout.fields) {
    Object.defineProperty(MessageViewClass.prototype, field.name, { ...accessors(field), enumerable: true });
  }
  return (buffer) => {
    const data = buffer instanceof DataView ? buffer : new DataView(buffer);
    return new MessageViewClass(data, layout) as unknown as MessageView<F>;
  };
}

interface Accessors {
  get(this: ViewState): number | bigint | Uint8Array;
  set(this: ViewState, value: never): void;
}

function accessors({ type, offset, bytes, name }: FieldLayout): Accessors {
  switch (type) {
    case 'u8':
      return {
        get() {
          return this.$data.getUint8(this.$offset + offset);
        },
        set(value: number) {
          this.$data.setUint8(this.$offset + offset, value);
        },
      };
    case 'u16':
      return {
        get() {
          return this.$data.getUint16(this.$offset + offset, true);
        },
        set(value: number) {
          this.$data.setUint16(this.$offset + offset, value, true);
        },
      };
    case 'u32':
      return {
        get() {
          return this.$data.getUint32(this.$offset + offset, true);
        },
        set(value: number) {
          this.$data.setUint32(this.$offset + offset, value, true);
        },
      };
    case 'i32':
      return {
        get() {
          return this.$data.getInt32(this.$offset + offset, true);
        },
        set(value: number) {
          this.$data.setInt32(this.$offset + offset, value, true);
        },
      };
    case 'u64':
      return {
        get() {
          return this.$data.getBigUint64(this.$offset + offset, true);
        },
        set(value: bigint) {
          this.$data.setBigUint64(this.$offset + offset, value, true);
        },
      };
    case 'i64':
      return {
        get() {
          return this.$data.getBigInt64(this.$offset + offset, true);
        },
        set(value: bigint) {
          this.$data.setBigInt64(this.$offset + offset, value, true);
        },
      };
    case 'u8[]':
      return {
        get() {
          return this.$bytes(offset, this.$length - offset);
        },
        set(value: Uint8Array) {
          assign(this.$bytes(offset, this.$length - offset), value, name);
        },
      };
    default:
      return {
        get() {
          return this.$bytes(offset, bytes);
        },
        set(value: Uint8Array) {
          assign(this.$bytes(offset, bytes), value, name);
        },
      };
  }
}

/** Copies, and clears what `value` leaves over: the memory of a ring holds earlier records. */
function assign(to: Uint8Array, value: Uint8Array, name: string): void {
  if (value.length > to.length) {
    throw new InterfaceError(`${name} takes at most ${to.length} bytes here, and was given ${value.length}.`);
  }
  to.set(value);
  to.fill(0, value.length);
}
