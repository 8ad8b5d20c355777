/**
 * The ring's algorithm, step by step as in assembly/endpoint.ts: one thread writes words, one reads them, both sleep when they have to.
 * Every word carries its epoch and its number, so that a word that is lost, stale, doubled or of another epoch is noticed by the reader.
 */
import type { Model } from './explore.ts';
import { type Program, ProgramText, type Registers } from './program.ts';

export interface RingModelOptions {
  /** Units. */
  readonly capacity: number;
  /** Words that the writer sends before it closes; after a restart it begins anew. */
  readonly count: number;
  /** Words published at once. Default 1. */
  readonly batch?: number;
  /** Words after which the reader closes the ring. Default: it reads until the writer closes. */
  readonly readerCloses?: number;
  /** The side that is stopped at any moment and started again in a new epoch. Default: none. */
  readonly restart?: 'writer' | 'reader';
  /** A mistake to make, so that a test can see that it is found. */
  readonly mistake?: Mistake;
}

export type Mistake =
  /** No fence between publishing and looking whether the peer sleeps. */
  | 'no fence before notifying'
  /** Falling asleep with a plain store. */
  | 'no fence before sleeping'
  | 'no second look before sleeping'
  | 'position before data'
  | 'room is given back before the word is read'
  | 'the position is read before the state'
  | 'the epoch is not looked at after the position'
  | 'joining without looking at the epoch first'
  | 'starting over without leaving the epoch first'
  | 'the new epoch before the new position'
  | 'nobody is woken by closing'
  | 'nobody is woken by starting over'
  /** The side that was stopped may have set the peer awake, and not have come to notifying it. */
  | 'starting over notifies only a peer that seems to sleep';

const WRITER_POSITION = 0;
const READER_POSITION = 1;
const WRITER_STATE = 2;
const READER_STATE = 3;
const WRITER_EPOCH = 4;
const READER_EPOCH = 5;
const DATA = 6;

const AWAKE = 0;
const ASLEEP = 1;
const CLOSED = 2;
const RESTARTED = 4;

const WRITER = 0;
const READER = 1;

/** Words of epoch e are e * EPOCH_STEP + number. */
const EPOCH_STEP = 100;

export function ringModel(options: RingModelOptions): Model {
  const { capacity, restart } = options;
  const memory = [0, 0, AWAKE, AWAKE, 1, 1, ...Array.from({ length: capacity }, () => 0)];
  return {
    memory,
    programs: [writerProgram(options), readerProgram(options)],
    registers: [sideRegisters(capacity, 1), sideRegisters(0, 1)],
    ...(restart === undefined
      ? {}
      : {
          restart: {
            thread: restart === 'writer' ? WRITER : READER,
            label: 'startOver',
            registers: sideRegisters(restart === 'writer' ? capacity : 0, 2),
          },
        }),
    // A side that has ended knows nothing of a peer that was started later, which waits for it.
    mayRest: (threads) =>
      threads.some((a) => a.ended && threads.some((b) => num(a.registers, 'epoch') < num(b.registers, 'epoch'))),
  };
}

/** `nothing` is how far the peer stands behind when there is nothing to do, as in the implementation. */
function sideRegisters(nothing: number, epoch: number): Registers {
  return {
    position: 0,
    published: 0,
    peer: -nothing,
    nothing,
    closed: 0,
    epoch,
    joined: 0,
    done: 0,
    // Scratch, cleared where it is dead, so that it does not tell states apart.
    state: 0,
    seen: 0,
    word: 0,
  };
}

interface Lines {
  readonly ownPosition: number;
  readonly peerPosition: number;
  readonly ownState: number;
  readonly peerState: number;
  readonly ownEpoch: number;
  readonly peerEpoch: number;
  readonly peerThread: number;
}

const writerLines: Lines = {
  ownPosition: WRITER_POSITION,
  peerPosition: READER_POSITION,
  ownState: WRITER_STATE,
  peerState: READER_STATE,
  ownEpoch: WRITER_EPOCH,
  peerEpoch: READER_EPOCH,
  peerThread: READER,
};

const readerLines: Lines = {
  ownPosition: READER_POSITION,
  peerPosition: WRITER_POSITION,
  ownState: READER_STATE,
  peerState: WRITER_STATE,
  ownEpoch: READER_EPOCH,
  peerEpoch: WRITER_EPOCH,
  peerThread: WRITER,
};

function writerProgram({ capacity, count, batch = 1, mistake }: RingModelOptions): Program {
  const text = new ProgramText();
  const lines = writerLines;
  const room = (r: Registers): boolean => num(r, 'position') - num(r, 'peer') < capacity;
  const slot = (r: Registers): number => DATA + (num(r, 'position') % capacity);
  const word = (r: Registers): number => num(r, 'epoch') * EPOCH_STEP + num(r, 'done');
  text.label('loop').branch((r) => r['done'] === count, 'finish');
  text.branch(room, 'write');
  refresh(text, 'first', lines, mistake, (r) => num(r, 'published'), closeAtOnce);
  text.branch((r) => r['closed'] !== 0, 'closed').branch(room, 'write');
  // What is staged has to be visible before this side sleeps: the reader may wait for it.
  text.branch((r) => r['position'] === r['published'], 'sleepy');
  publish(text, lines);
  notifyPeer(text, 'full', lines, mistake);
  text.label('sleepy');
  sleepUnless(text, lines, mistake, (r) => num(r, 'published'), closeAtOnce, room);
  text.jump('loop');

  text.label('write');
  if (mistake === 'position before data') {
    text.store(WRITER_POSITION, (r) => num(r, 'position') + 1).store(slot, word);
  } else text.store(slot, word);
  text.local((r) => {
    r['position'] = num(r, 'position') + 1;
    r['done'] = num(r, 'done') + 1;
  });
  text.branch((r) => num(r, 'done') % batch !== 0 && r['done'] !== count, 'loop');
  publish(text, lines);
  notifyPeer(text, 'sent', lines, mistake);
  text.jump('loop');

  text.label('finish');
  close(text, lines, mistake);
  joinRestarted(text, lines, mistake);
  return text.finish();
}

function readerProgram({ capacity, count, readerCloses, mistake }: RingModelOptions): Program {
  const text = new ProgramText();
  const lines = readerLines;
  const something = (r: Registers): boolean => num(r, 'position') < num(r, 'peer');
  const limit = (r: Registers): number => num(r, 'published') + capacity;
  const slot = (r: Registers): number => DATA + (num(r, 'position') % capacity);
  text
    .label('loop')
    .branch((r) => r['done'] === readerCloses, 'finish')
    .branch(something, 'read');
  refresh(text, 'first', lines, mistake, limit, closeWhenDrained);
  text.branch((r) => r['closed'] !== 0, 'closed').branch(something, 'read');
  sleepUnless(text, lines, mistake, limit, closeWhenDrained, something);
  text.jump('loop');

  text.label('read');
  const step = (r: Registers): void => {
    r['position'] = num(r, 'position') + 1;
  };
  if (mistake === 'room is given back before the word is read') {
    text
      .store(READER_POSITION, (r) => num(r, 'position') + 1)
      .load('word', slot)
      .local(step);
    text.local((r) => void (r['published'] = num(r, 'position')));
  } else {
    text.load('word', slot).local(step);
    publish(text, lines);
  }
  text.check((r) => r['word'] === num(r, 'epoch') * EPOCH_STEP + num(r, 'done'), 'reads a word that is not the next');
  text.local((r) => {
    r['word'] = 0;
    r['done'] = num(r, 'done') + 1;
  });
  notifyPeer(text, 'released', lines, mistake);
  text.jump('loop');
  text.label('finish');
  close(text, lines, mistake);
  joinRestarted(text, lines, mistake, (r) => r['done'] === count);
  return text.finish();
}

/** Endpoint.refresh: joins if need be, then takes the peer's position over. `settle` decides what a peer that closed means. */
function refresh(
  text: ProgramText,
  name: string,
  lines: Lines,
  mistake: Mistake | undefined,
  limit: (r: Registers) => number,
  settle: (r: Registers) => void,
): void {
  const done = `${name} refreshed`;
  if (mistake === 'joining without looking at the epoch first') {
    text.local((r) => void (r['joined'] = 1));
  } else {
    text.branch((r) => r['joined'] === 1, `${name} joined`);
    text.load('seen', lines.peerEpoch);
    text.local((r) => {
      if (num(r, 'seen') > num(r, 'epoch')) r['closed'] = RESTARTED;
      else if (r['seen'] === r['epoch']) r['joined'] = 1;
      r['seen'] = 0;
    });
    text.branch((r) => r['joined'] === 0, done);
    text.label(`${name} joined`);
  }
  if (mistake === 'the position is read before the state') {
    text.load('seen', lines.peerPosition).load('state', lines.peerState);
  } else {
    text.load('state', lines.peerState).load('seen', lines.peerPosition);
  }
  if (mistake !== 'the epoch is not looked at after the position') {
    text.load('word', lines.peerEpoch);
    text.local((r) => {
      if (r['word'] !== r['epoch']) r['closed'] = RESTARTED;
      r['word'] = 0;
    });
    text.branch((r) => r['closed'] !== 0, `${name} dropped`);
  }
  const forward = (r: Registers): boolean => num(r, 'seen') >= num(r, 'peer') && num(r, 'seen') <= limit(r);
  text.check(forward, 'is shown a position that cannot be');
  text.local((r) => {
    r['peer'] = num(r, 'seen');
    settle(r);
  });
  text.label(`${name} dropped`).local((r) => {
    r['seen'] = 0;
    r['state'] = 0;
  });
  text.label(done);
}

function closeAtOnce(r: Registers): void {
  if (num(r, 'state') > ASLEEP) r['closed'] = num(r, 'state');
}

function closeWhenDrained(r: Registers): void {
  if (num(r, 'state') > ASLEEP && r['position'] === r['peer']) r['closed'] = num(r, 'state');
}

function publish(text: ProgramText, lines: Lines): void {
  text.store(lines.ownPosition, (r) => num(r, 'position'));
  text.local((r) => void (r['published'] = num(r, 'position')));
}

/** Endpoint.shouldNotify, and the notification. */
function notifyPeer(text: ProgramText, name: string, lines: Lines, mistake: Mistake | undefined): void {
  const done = `${name} notified`;
  if (mistake !== 'no fence before notifying') text.fence();
  text.load('state', lines.peerState).branch((r) => r['state'] !== ASLEEP, done);
  text.compareExchange('state', lines.peerState, ASLEEP, AWAKE).branch((r) => r['state'] !== ASLEEP, done);
  text.notify(lines.peerThread);
  text.label(done).local((r) => void (r['state'] = 0));
}

/** prepareSleep, the sleep itself, and wakeUp. */
function sleepUnless(
  text: ProgramText,
  lines: Lines,
  mistake: Mistake | undefined,
  limit: (r: Registers) => number,
  settle: (r: Registers) => void,
  ready: (r: Registers) => boolean,
): void {
  if (mistake === 'no fence before sleeping') text.store(lines.ownState, ASLEEP);
  else text.compareExchange('state', lines.ownState, AWAKE, ASLEEP);
  text.local((r) => void (r['state'] = 0));
  if (mistake !== 'no second look before sleeping') {
    refresh(text, 'second', lines, mistake, limit, settle);
    text.branch((r) => ready(r) || r['closed'] !== 0, 'awake');
  }
  text.sleep();
  text.label('awake').compareExchange('state', lines.ownState, ASLEEP, AWAKE);
  text.local((r) => void (r['state'] = 0));
  text.branch((r) => r['closed'] !== 0, 'closed');
}

/** Endpoint.close, and the end of this side. */
function close(text: ProgramText, lines: Lines, mistake: Mistake | undefined): void {
  text.store(lines.ownState, CLOSED);
  if (mistake !== 'nobody is woken by closing') notifyPeer(text, 'closing', lines, mistake);
  text.end();
}

/** What follows when the ring is closed: the end, or joining a peer that was started again; and starting over itself. */
function joinRestarted(
  text: ProgramText,
  lines: Lines,
  mistake: Mistake | undefined,
  complete: (r: Registers) => boolean = () => true,
): void {
  text.label('closed').branch((r) => r['closed'] === RESTARTED, 'rejoin');
  text.check(complete, 'ends before it has everything');
  text.end();
  text
    .label('rejoin')
    .load('seen', lines.peerEpoch)
    .branch((r) => num(r, 'seen') <= num(r, 'epoch'), 'rejoin');
  text.local((r) => {
    const { nothing, seen } = r as { nothing: number; seen: number };
    Object.assign(r, sideRegisters(nothing, seen));
  });
  text.label('startOver');
  if (mistake !== 'starting over without leaving the epoch first') text.store(lines.ownEpoch, 0);
  if (mistake === 'the new epoch before the new position') text.store(lines.ownEpoch, (r) => num(r, 'epoch'));
  text.store(lines.ownPosition, 0).store(lines.ownState, AWAKE);
  if (mistake !== 'the new epoch before the new position') text.store(lines.ownEpoch, (r) => num(r, 'epoch'));
  if (mistake === 'starting over notifies only a peer that seems to sleep') {
    notifyPeer(text, 'startOver', lines, mistake);
  } else if (mistake !== 'nobody is woken by starting over') {
    text.compareExchange('state', lines.peerState, ASLEEP, AWAKE).local((r) => void (r['state'] = 0));
    text.notify(lines.peerThread);
  }
  text.jump('loop');
}

function num(r: Readonly<Registers>, name: string): number {
  return r[name] as number;
}
