/** Profiles as speedscope reads them: https://www.speedscope.app, "Import from custom sources", file-format-schema.json. */

export interface SpeedscopeFrame {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
}

export interface SampledProfile {
  readonly type: 'sampled';
  readonly name: string;
  readonly unit: 'none' | 'nanoseconds';
  readonly startValue: number;
  readonly endValue: number;
  /** Of each sample the frames by index, outermost first. */
  readonly samples: readonly (readonly number[])[];
  /** What each sample stands for, in the unit. */
  readonly weights: readonly number[];
}

export interface SpeedscopeFile {
  readonly $schema: 'https://www.speedscope.app/file-format-schema.json';
  readonly name: string;
  readonly exporter: string;
  readonly activeProfileIndex: number;
  readonly shared: { readonly frames: readonly SpeedscopeFrame[] };
  readonly profiles: readonly SampledProfile[];
}
