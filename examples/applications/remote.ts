/** Has Thread/C's shell run a command in a session of its own, and logs what it prints: `start remote 1 "cores"`. */
import { TERMINAL_HASH, Text, Width } from '@drift-os/abi/assembly/generated/terminal';
import { Channel, Line, argument, line, quit } from '@drift-os/kernel-w/sdk';

const PROMPT = 'drift> ';
const RETURN: u8 = 13;
const NEWLINE: u8 = 10;

let channel!: Channel;
let shown!: Line;
let asked: bool = false;
/** Lines shown so far: the first is the prompt with the command behind it. */
let lines: u32 = 0;
/** Bytes of this line, and how many of them are those of the prompt. */
let length: i32 = 0;
let alike: i32 = 0;

export function init(): void {
  channel = Channel.connect('shell', TERMINAL_HASH);
  shown = line();
}

/** The channel was opened, or refused, or the shell has shown something. */
export function message(number: u32): void {
  if (number != channel.number || !channel.isOpen) return quit(1);
  if (!asked) ask();
  for (let at = channel.peek(); at != 0; at = channel.peek()) {
    const bytes = Text.bytesBytes(channel.length);
    for (let i: u32 = 0; i < bytes; i++) show(load<u8>(Text.at(at).bytes + i));
    channel.release();
  }
  if (lines > 0 && length == PROMPT.length && alike == length) quit();
}

/** As a person would at a terminal as wide as can be: types the command, and Enter. */
function ask(): void {
  asked = true;
  Width.at(channel.reserve(Width.BYTES)).columns = 1000;
  channel.send(Width.BYTES, Width.ID);
  const command = argument();
  const bytes = <u32>String.UTF8.byteLength(command);
  const text = Text.at(channel.reserve(Text.BYTES + bytes + 1)).bytes;
  String.UTF8.encodeUnsafe(changetype<usize>(command), command.length, text);
  store<u8>(text + bytes, RETURN);
  channel.send(Text.BYTES + bytes + 1, Text.ID);
}

function show(byte: u8): void {
  if (byte == NEWLINE) {
    if (lines++ > 0) shown.log();
    shown = line();
    length = 0;
    alike = 0;
  } else if (byte != RETURN) {
    if (alike == length && length < PROMPT.length && PROMPT.charCodeAt(length) == byte) alike++;
    length++;
    shown.character(byte);
  }
}
