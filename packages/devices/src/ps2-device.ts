/** What the 8042 knows of the device at one of its two ports. */
export interface Ps2Device {
  /** A byte from the controller. */
  command(byte: number): void;
  /** The oldest byte that the device wants to send. */
  take(): number | undefined;
  readonly hasOutput: boolean;
}
