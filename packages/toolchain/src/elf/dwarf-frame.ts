/**
 * Call frame information of one object: `.debug_frame`, DWARF 4, section 6.4.
 *
 * The compiler keeps rsp constant between prologue and epilogue, so two rules describe a function: at its first byte the
 * canonical frame address is rsp + 8, behind the prologue it is rsp + frameBytes + 8 and the saved registers are in their slots.
 * Inside the prologue and behind the epilogue's `add rsp` a debugger may be wrong by one frame.
 */
import type { ObjectModule } from '../object.ts';
import { ByteWriter } from './byte-writer.ts';

const DW_CFA_ADVANCE_LOC4 = 0x04;
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
    const frameBytes = entry.frameBytes;
    if (frameBytes === undefined) continue;
    record(out, () => {
      out.debugOffset('.debug_frame', 0);
      out.address(entry.section, entry.offset);
      out.u64(entry.size);
      if (frameBytes === 0) return;
      out.u8(DW_CFA_ADVANCE_LOC4);
      out.u32(entry.prologueBytes);
      out.u8(DW_CFA_DEF_CFA_OFFSET);
      out.uleb(frameBytes + 8);
      for (const saved of entry.savedRegisters) {
        out.u8(DW_CFA_OFFSET_EXTENDED_SF);
        out.uleb(saved.dwarf);
        out.sleb(saved.belowCfa / -DATA_ALIGNMENT);
      }
    });
  }
  return out;
}

/** Length, contents, and padding to a multiple of the address size. */
function record(out: ByteWriter, write: () => void): void {
  const at = out.length;
  out.u32(0);
  write();
  while ((out.length - at - 4) % 8 !== 4) out.u8(DW_CFA_NOP);
  out.patchU32(at, out.length - at - 4);
}
