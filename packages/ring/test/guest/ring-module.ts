/** The guest implementation behind flat exports, for tests and benchmarks in Node. `state` is private memory of one side. */
import {
  Endpoint,
  ringInitialize,
  ringReaderDied,
  RingReader,
  ringUsed,
  RingWriter,
  ringWriterDied,
} from '../../assembly/index';
import { StreamPair, wordRingInitialize, WordReader, WordWriter } from '../../assembly/index';
import { RING_STATE_BYTES } from '../../layout/ring';

export { ringInitialize, ringReaderDied, ringUsed, ringWriterDied, wordRingInitialize };

export function statesFit(): bool {
  return (
    offsetof<RingWriter>() <= <usize>RING_STATE_BYTES &&
    offsetof<RingReader>() <= <usize>RING_STATE_BYTES &&
    offsetof<WordWriter<u64>>() <= <usize>RING_STATE_BYTES &&
    offsetof<WordReader<u64>>() <= <usize>RING_STATE_BYTES
  );
}

export function closed(state: usize): u32 {
  return changetype<Endpoint>(state).closed;
}
export function epoch(state: usize): u32 {
  return changetype<Endpoint>(state).epoch;
}
export function shouldNotify(state: usize): bool {
  return changetype<Endpoint>(state).shouldNotify();
}
export function wakeUp(state: usize): void {
  changetype<Endpoint>(state).wakeUp();
}
export function close(state: usize, reason: u32): void {
  changetype<Endpoint>(state).close(reason);
}
export function publish(state: usize): void {
  changetype<Endpoint>(state).publish();
}
export function transferred(state: usize): u64 {
  return changetype<Endpoint>(state).transferred();
}
export function sleeps(state: usize): u32 {
  return changetype<Endpoint>(state).sleeps;
}
export function notifications(state: usize): u32 {
  return changetype<Endpoint>(state).notifications;
}

export function writerAttach(state: usize, ring: usize, at: u32, capacity: u32): u32 {
  return changetype<RingWriter>(state).attach(ring, at, capacity);
}
export function writerRejoin(state: usize): bool {
  return changetype<RingWriter>(state).rejoin();
}
export function writerMaximum(state: usize): u32 {
  return changetype<RingWriter>(state).maximum;
}
export function writerReserve(state: usize, bytes: u32): usize {
  return changetype<RingWriter>(state).reserve(bytes);
}
export function writerStage(state: usize, bytes: u32, kind: u32): void {
  changetype<RingWriter>(state).stage(bytes, kind);
}
export function writerCommit(state: usize, bytes: u32, kind: u32): void {
  changetype<RingWriter>(state).commit(bytes, kind);
}
export function writerAbort(state: usize): void {
  changetype<RingWriter>(state).abort();
}
export function writerPrepareSleep(state: usize, bytes: u32): bool {
  return changetype<RingWriter>(state).prepareSleep(bytes);
}

export function readerAttach(state: usize, ring: usize, at: u32, capacity: u32): u32 {
  return changetype<RingReader>(state).attach(ring, at, capacity);
}
export function readerRejoin(state: usize): bool {
  return changetype<RingReader>(state).rejoin();
}
export function readerPeek(state: usize): usize {
  return changetype<RingReader>(state).peek();
}
export function readerLength(state: usize): u32 {
  return changetype<RingReader>(state).length;
}
export function readerKind(state: usize): u32 {
  return changetype<RingReader>(state).kind;
}
export function readerAdvance(state: usize): void {
  changetype<RingReader>(state).advance();
}
export function readerReleaseAll(state: usize): void {
  changetype<RingReader>(state).releaseAll();
}
export function readerRelease(state: usize): void {
  changetype<RingReader>(state).release();
}
export function readerPrepareSleep(state: usize): bool {
  return changetype<RingReader>(state).prepareSleep();
}

export function wordWriterAttach(state: usize, ring: usize, at: u32, capacity: u32): u32 {
  return changetype<WordWriter<u32>>(state).attach(ring, at, capacity);
}
export function wordWriterRejoin(state: usize): bool {
  return changetype<WordWriter<u32>>(state).rejoin();
}
export function wordWriterFree(state: usize): u32 {
  return changetype<WordWriter<u32>>(state).free();
}
export function wordWriterStage(state: usize, value: u32): bool {
  return changetype<WordWriter<u32>>(state).stage(value);
}
export function wordWriterPush(state: usize, value: u32): bool {
  return changetype<WordWriter<u32>>(state).push(value);
}
export function wordWriterPushBatch(state: usize, from: usize, count: u32): u32 {
  return changetype<WordWriter<u32>>(state).pushBatch(from, count);
}
export function wordWriterPrepareSleep(state: usize): bool {
  return changetype<WordWriter<u32>>(state).prepareSleep();
}
export function wordReaderAttach(state: usize, ring: usize, at: u32, capacity: u32): u32 {
  return changetype<WordReader<u32>>(state).attach(ring, at, capacity);
}
export function wordReaderRejoin(state: usize): bool {
  return changetype<WordReader<u32>>(state).rejoin();
}
export function wordReaderAvailable(state: usize): u32 {
  return changetype<WordReader<u32>>(state).available();
}
export function wordReaderTake(state: usize): u32 {
  return changetype<WordReader<u32>>(state).take();
}
export function wordReaderPop(state: usize): u32 {
  return changetype<WordReader<u32>>(state).pop();
}
export function wordReaderReleaseAll(state: usize): void {
  changetype<WordReader<u32>>(state).releaseAll();
}
export function wordReaderPopBatch(state: usize, to: usize, count: u32): u32 {
  return changetype<WordReader<u32>>(state).popBatch(to, count);
}
export function wordReaderPrepareSleep(state: usize): bool {
  return changetype<WordReader<u32>>(state).prepareSleep();
}

/** A word of 64 bits through a ring of its own; the halves come back exchanged, so that a word of 32 bits cannot pass for it. */
export function wideRoundTrip(writer: usize, reader: usize, ring: usize, value: u64): u64 {
  const from = changetype<WordWriter<u64>>(writer);
  const to = changetype<WordReader<u64>>(reader);
  if (!wordRingInitialize(ring, 64, 1, 8) || from.attach(ring) != 0 || to.attach(ring) != 0) return 0;
  if (!from.push(value) || to.available() != 1) return 0;
  return rotl<u64>(to.pop(), 32);
}

export function pairAttach(state: usize, out: usize, into: usize, at: u32): u32 {
  return changetype<StreamPair>(state).attach(out, into, at);
}
export function pairClosed(state: usize): u32 {
  return changetype<StreamPair>(state).closed;
}
export function pairShouldNotify(state: usize): bool {
  return changetype<StreamPair>(state).shouldNotify();
}
export function pairPrepareSleep(state: usize, room: u32): bool {
  return changetype<StreamPair>(state).prepareSleep(room);
}
export function pairWakeUp(state: usize): void {
  changetype<StreamPair>(state).wakeUp();
}
export function pairClose(state: usize, reason: u32): void {
  changetype<StreamPair>(state).close(reason);
}
export function pairRejoin(state: usize): bool {
  return changetype<StreamPair>(state).rejoin();
}
