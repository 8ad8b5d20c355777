/**
 * What instructions mean, once, for an interpreter and for compiled regions.
 *
 * ## One definition
 * A definition (instructions/) writes a `Meaning`: statements over values (language.ts). It sees the shape of the operands, kind and width, and
 * nothing else: not which register, not which immediate. So one definition covers all rows of a mnemonic, and one handler all registers. `lower`
 * turns statements into WebAssembly and asks a `Target` for what differs: in a handler a register is memory whose address is in the record,
 * in a region it is a local; an immediate is a field or a constant; flags are stored or remembered.
 *
 * ## Choosing a handler
 * A handler is made for a shape: mnemonic, REP, LOCK, kind and width of each operand, whether the address has an index, the sizes and segmentation in
 * effect, and whether the flags are dead (operand-shape.ts). Shapes that come to the same code share it, so `add r/m32, r32` and `add r32, r/m32` with two
 * registers are one, in all modes. It is made when a block first needs it, all of a block's in one module; two instructions that often follow each other
 * get one made of both meanings, where the second knows what the first's flags come from (handler-table.ts).
 * `ah` costs nothing: registers are addressed by byte. An address without base or index reads a register that is always zero; RIP-relative addresses
 * and branch targets are computed when the record is written.
 *
 * ## Flags
 * Three words that any reader understands without knowing who wrote them (flags.ts). The interpreter stores them, unless the flags column of the
 * table proves within the block that nobody reads them (liveness.ts): a fault reads all flags, so a memory access keeps them alive.
 * A region stores none: it remembers operands and result, fuses the next branch with the comparison, and computes the words at its exit.
 * The arithmetic for them stands where it is needed, which V8 moves into the cold exits.
 *
 * ## Faults
 * Memory is translated before anything is changed; the builder throws at a definition that does otherwise. So a fault needs no undoing: leave with RIP
 * at the instruction. String instructions do this in each round. In a region the exit stores the locals, which are exact at every instruction.
 *
 * ## Memory
 * Two TLBs, for reads and for writes, so that one comparison decides hit, right and page crossing (lowering.ts). Whatever has no single host address
 * (two pages, a device) goes through a bounce buffer: the fast path is one comparison longer, and no instruction knows of it. Pages with decoded code are
 * never in the TLB for writing: a store to them is looked at, and drops the code that it hits.
 *
 * ## Time
 * The budget is spent at the ends of blocks, and in each round of a loop inside an instruction: nothing runs forever. It may be overrun by a block.
 */
export { type CoreEnvironment, Interpreter } from './interpreter.ts';
