/** From a declaration to an interface: ids, offsets, hash and typed views. */
import { type FieldDeclarations, InterfaceError, type MessageDeclarations } from './declaration.ts';
import { canonicalText, interfaceHash } from './hash.ts';
import { layOutMessage, type MessageLayout } from './message-layout.ts';
import { type MessageView, viewFactory } from './message-view.ts';

export interface Message<F extends FieldDeclarations = FieldDeclarations> extends MessageLayout {
  /** Bytes to reserve for a message whose tail has `tailBytes` bytes. */
  size(tailBytes?: number): number;
  /** Whether a record of `length` bytes can be this message: not shorter than the fixed part, and longer only with a tail. */
  accepts(length: number): boolean;
  /** A view over `buffer`, at offset 0; move it with `at`. */
  view(buffer: ArrayBufferLike | DataView): MessageView<F>;
}

/** The part of an interface that generators and a channel's opening need. */
export interface AnyInterface {
  /** Dotted, lower case: `drift.control`. */
  readonly name: string;
  readonly version: number;
  /** 64 bits; equal on both ends, or the channel does not open. */
  readonly hash: bigint;
  /** What the hash was taken of. */
  readonly canonical: string;
  /** All messages, by id from 1. */
  readonly list: readonly Message[];
}

export interface Interface<M extends MessageDeclarations> extends AnyInterface {
  readonly messages: { readonly [K in keyof M]: Message<M[K]['fields']> };
}

/**
 * Declares an interface: `messages` maps names to fields (see declaration.ts for the notation).
 *
 * @throws InterfaceError when a name, a type, the version or the order of the fields is not allowed.
 */
export function defineInterface<const M extends MessageDeclarations>(
  name: string,
  version: number,
  messages: M,
): Interface<M> {
  if (!/^[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)*$/.test(name)) {
    throw new InterfaceError(`"${name}" cannot be the name of an interface: use lower-case words joined by dots.`);
  }
  if (!Number.isInteger(version) || version < 1 || version > 0xffff) {
    throw new InterfaceError(`The version of ${name} is ${version}: use 1 to 65535.`);
  }
  const list = Object.entries(messages).map(([message, declaration], index) =>
    messageFrom(layOutMessage(message, index + 1, declaration)),
  );
  return {
    name,
    version,
    hash: interfaceHash(name, version, list),
    canonical: canonicalText(name, version, list),
    list,
    messages: Object.fromEntries(list.map((message) => [message.name, message])) as Interface<M>['messages'],
  };
}

function messageFrom(layout: MessageLayout): Message {
  return {
    ...layout,
    size: (tailBytes = 0) => layout.bytes + tailBytes,
    accepts: (length) => (layout.tail === undefined ? length === layout.bytes : length >= layout.bytes),
    view: viewFactory(layout),
  };
}
