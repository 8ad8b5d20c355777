/**
 * Call frame information of one object: `.debug_frame`, DWARF 4, section 6.4.
 *
 * At a function's first byte the canonical frame address is rsp + 8. Prologue and epilogues are described instruction by instruction
 * where the object tells how (`unwind`), else as one step at the end of the prologue. Between them rsp is constant.
 */
import type { FunctionRecord, ObjectModule } from '../object.ts';
import { ByteWriter } from './byte-writer.ts';

const DW_CFA_ADVANCE_LOC = 0x40;
const DW_CFA_ADVANCE_LOC1 = 0x02;
const DW_CFA_ADVANCE_LOC4 = 0x04;
const DW_CFA_RESTORE = 0xc0;
const DW_CFA_OFFSET_EXTENDED_SF = 0x11;
const DW_CFA_DEF_CFA = 0x0c;
const DW_CFA_DEF_CFA_OFFSET = 0x0e;
const DW_CFA_OFFSET = 0x80;
const DW_CFA_NOP = 0;

/** DWARF register numbers of the System V ABI for amd64, figure 3.36. */
const DWARF_RSP = 7;
const DWARF_RETURN_ADDRESS = 16;
const DATA_ALIGNMENT = -8;

export function debugFrame(object: ObjectModule): ByteWriter {
  const out = new ByteWriter();
  record(out, () => {
    out.u32(0xffffffff); // CIE_id
    out.u8(4);
    out.string('');
    out.u8(8); // address_size
    out.u8(0); // segment_size
    out.uleb(1);
    out.sleb(DATA_ALIGNMENT);
    out.uleb(DWARF_RETURN_ADDRESS);
    out.u8(DW_CFA_DEF_CFA);
    out.uleb(DWARF_RSP);
    out.uleb(8);
    out.u8(DW_CFA_OFFSET | DWARF_RETURN_ADDRESS);
    out.uleb(1);
  });
  for (const entry of object.functions) {
    if (entry.frameBytes === undefined) continue;
    record(out, () => {
      out.debugOffset('.debug_frame', 0);
      out.address(entry.section, entry.offset);
      out.u64(entry.size);
      rules(out, entry, entry.frameBytes as number);
    });
  }
  return out;
}

/** What changes where, from the rules of the CIE on. */
function rules(out: ByteWriter, entry: FunctionRecord, frameBytes: number): void {
  const last = { offset: entry.offset + entry.prologueBytes, frameBytes, saved: entry.savedRegisters.length };
  let at = entry.offset;
  let bytes = 0;
  let saved = 0;
  for (const row of entry.unwind ?? [last]) {
    // A row at the function's end describes nothing.
    if (row.offset >= entry.offset + entry.size) break;
    if (row.frameBytes === bytes && row.saved === saved) continue;
    advance(out, row.offset - at);
    at = row.offset;
    if (row.frameBytes !== bytes) {
      out.u8(DW_CFA_DEF_CFA_OFFSET);
      out.uleb(row.frameBytes + 8);
      bytes = row.frameBytes;
    }
    for (; saved < row.saved; saved++) {
      const register = entry.savedRegisters[saved] as FunctionRecord['savedRegisters'][number];
      out.u8(DW_CFA_OFFSET_EXTENDED_SF);
      out.uleb(register.dwarf);
      out.sleb(register.belowCfa / -DATA_ALIGNMENT);
    }
    for (; saved > row.saved; saved--) out.u8(DW_CFA_RESTORE | (entry.savedRegisters[saved - 1]?.dwarf ?? 0));
  }
}

function advance(out: ByteWriter, bytes: number): void {
  if (bytes === 0) return;
  if (bytes < 64) out.u8(DW_CFA_ADVANCE_LOC | bytes);
  else if (bytes < 256) {
    out.u8(DW_CFA_ADVANCE_LOC1);
    out.u8(bytes);
  } else {
    out.u8(DW_CFA_ADVANCE_LOC4);
    out.u32(bytes);
  }
}

/** Length, contents, and padding to a multiple of the address size. */
function record(out: ByteWriter, write: () => void): void {
  const at = out.length;
  out.u32(0);
  write();
  while ((out.length - at - 4) % 8 !== 4) out.u8(DW_CFA_NOP);
  out.patchU32(at, out.length - at - 4);
}
