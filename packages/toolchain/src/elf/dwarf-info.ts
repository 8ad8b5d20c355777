/** The compilation unit of one object and its functions: `.debug_info` and `.debug_abbrev`, DWARF 4, section 7.5. */
import type { ObjectModule } from '../object.ts';
import { ByteWriter } from './byte-writer.ts';

const DW_TAG_COMPILE_UNIT = 0x11;
const DW_TAG_SUBPROGRAM = 0x2e;
const DW_AT_NAME = 0x03;
const DW_AT_STMT_LIST = 0x10;
const DW_AT_LOW_PC = 0x11;
const DW_AT_HIGH_PC = 0x12;
const DW_AT_LANGUAGE = 0x13;
const DW_AT_COMP_DIR = 0x1b;
const DW_AT_PRODUCER = 0x25;
const DW_AT_EXTERNAL = 0x3f;
const DW_FORM_ADDR = 0x01;
const DW_FORM_DATA2 = 0x05;
const DW_FORM_DATA8 = 0x07;
const DW_FORM_STRING = 0x08;
const DW_FORM_SEC_OFFSET = 0x17;
const DW_FORM_FLAG_PRESENT = 0x19;
/** DWARF has no code for AssemblyScript; with C99 debuggers parse expressions and show numbers sensibly. */
const DW_LANG_C99 = 0x0c;

const UNIT = 1;
const SUBPROGRAM = 2;

export function debugAbbrev(): ByteWriter {
  const out = new ByteWriter();
  abbreviation(out, UNIT, DW_TAG_COMPILE_UNIT, true, [
    [DW_AT_PRODUCER, DW_FORM_STRING],
    [DW_AT_LANGUAGE, DW_FORM_DATA2],
    [DW_AT_NAME, DW_FORM_STRING],
    [DW_AT_COMP_DIR, DW_FORM_STRING],
    [DW_AT_STMT_LIST, DW_FORM_SEC_OFFSET],
    [DW_AT_LOW_PC, DW_FORM_ADDR],
    [DW_AT_HIGH_PC, DW_FORM_DATA8],
  ]);
  abbreviation(out, SUBPROGRAM, DW_TAG_SUBPROGRAM, false, [
    [DW_AT_NAME, DW_FORM_STRING],
    [DW_AT_LOW_PC, DW_FORM_ADDR],
    [DW_AT_HIGH_PC, DW_FORM_DATA8],
    [DW_AT_EXTERNAL, DW_FORM_FLAG_PRESENT],
  ]);
  out.uleb(0);
  return out;
}

/** `compilationDirectory` is the folder that the object's file names are relative to. */
export function debugInfo(object: ObjectModule, compilationDirectory: string): ByteWriter {
  const text = object.sections.findIndex((section) => section.name === 'text');
  const out = new ByteWriter();
  out.u32(0);
  out.u16(4);
  out.debugOffset('.debug_abbrev', 0);
  out.u8(8);
  out.uleb(UNIT);
  out.string('Drift toolchain');
  out.u16(DW_LANG_C99);
  out.string(object.name);
  out.string(compilationDirectory);
  out.debugOffset('.debug_line', 0);
  out.address(text, 0);
  out.u64(object.sections[text]?.bytes.length ?? 0);
  for (const entry of object.functions) {
    out.uleb(SUBPROGRAM);
    out.string(entry.name);
    out.address(entry.section, entry.offset);
    out.u64(entry.size);
  }
  out.uleb(0);
  out.patchU32(0, out.length - 4);
  return out;
}

function abbreviation(
  out: ByteWriter,
  code: number,
  tag: number,
  children: boolean,
  attributes: readonly (readonly [name: number, form: number])[],
): void {
  out.uleb(code);
  out.uleb(tag);
  out.u8(children ? 1 : 0);
  for (const [name, form] of attributes) {
    out.uleb(name);
    out.uleb(form);
  }
  out.uleb(0);
  out.uleb(0);
}
