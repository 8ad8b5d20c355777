/** The line number program of one object: `.debug_line`, DWARF 4, section 6.2. */
import type { LineRecord, ObjectModule } from '../object.ts';
import { ByteWriter } from './byte-writer.ts';

const LINE_BASE = -5;
const LINE_RANGE = 14;
const OPCODE_BASE = 13;

const DW_LNS_COPY = 1;
const DW_LNS_ADVANCE_PC = 2;
const DW_LNS_ADVANCE_LINE = 3;
const DW_LNS_SET_FILE = 4;
const DW_LNS_SET_COLUMN = 5;
const DW_LNE_END_SEQUENCE = 1;
const DW_LNE_SET_ADDRESS = 2;

/** Operands of the standard opcodes 1 to 12. */
const STANDARD_OPCODE_LENGTHS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

/** One sequence per section that has lines; it ends where the section ends. */
export function debugLine(object: ObjectModule): ByteWriter {
  const out = new ByteWriter();
  out.u32(0);
  out.u16(4);
  const headerLengthAt = out.length;
  out.u32(0);
  out.u8(1); // minimum_instruction_length
  out.u8(1); // maximum_operations_per_instruction
  out.u8(1); // default_is_stmt
  out.u8(LINE_BASE & 0xff);
  out.u8(LINE_RANGE);
  out.u8(OPCODE_BASE);
  for (const count of STANDARD_OPCODE_LENGTHS) out.u8(count);
  out.u8(0); // no include_directories: file names are relative to the compilation directory
  for (const file of object.files) {
    out.string(file);
    out.uleb(0);
    out.uleb(0);
    out.uleb(0);
  }
  out.u8(0);
  out.patchU32(headerLengthAt, out.length - headerLengthAt - 4);

  for (const [section, { bytes, zeroBytes }] of object.sections.entries()) {
    const lines = object.lines.filter((line) => line.section === section).sort((a, b) => a.offset - b.offset);
    if (lines.length > 0) writeSequence(out, section, lines, bytes.length + zeroBytes);
  }
  out.patchU32(0, out.length - 4);
  return out;
}

function writeSequence(out: ByteWriter, section: number, lines: readonly LineRecord[], end: number): void {
  let offset = lines[0]?.offset ?? 0;
  let file = 0;
  let line = 1;
  let column = 0;
  out.u8(0);
  out.uleb(9);
  out.u8(DW_LNE_SET_ADDRESS);
  out.address(section, offset);
  for (const record of lines) {
    if (record.file !== file) {
      file = record.file;
      out.u8(DW_LNS_SET_FILE);
      out.uleb(file + 1);
    }
    if (record.column !== column) {
      column = record.column;
      out.u8(DW_LNS_SET_COLUMN);
      out.uleb(column);
    }
    appendRow(out, record.offset - offset, record.line - line);
    offset = record.offset;
    line = record.line;
  }
  out.u8(DW_LNS_ADVANCE_PC);
  out.uleb(end - offset);
  out.u8(0);
  out.uleb(1);
  out.u8(DW_LNE_END_SEQUENCE);
}

/** A special opcode where it reaches (6.2.5.1), else the standard ones. */
function appendRow(out: ByteWriter, advance: number, lines: number): void {
  const opcode = lines - LINE_BASE + LINE_RANGE * advance + OPCODE_BASE;
  if (lines >= LINE_BASE && lines < LINE_BASE + LINE_RANGE && opcode <= 255) {
    out.u8(opcode);
    return;
  }
  if (advance !== 0) {
    out.u8(DW_LNS_ADVANCE_PC);
    out.uleb(advance);
  }
  if (lines !== 0) {
    out.u8(DW_LNS_ADVANCE_LINE);
    out.sleb(lines);
  }
  out.u8(DW_LNS_COPY);
}
