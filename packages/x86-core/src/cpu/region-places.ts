/** Where the regions that one core uses have their sites and page lists in its state (semantics/region-entry.ts), and for which of its blocks they stand. */
import type { Region } from '../jit/region-store.ts';
import { PAGE_BYTES, PAGE_PHYSICAL, SITE_BYTES, SITE_TARGETS } from '../semantics/region-entry.ts';
import * as state from '../semantics/state.ts';
import type { Block } from './decode-cache.ts';

interface Place {
  readonly sites: number;
  readonly pages: number;
  readonly bytes: number;
  readonly blocks: Set<Block>;
}

/** What a region's exits have counted on one core, by the number of the site. */
export interface RegionSites {
  readonly counts: readonly number[];
  /** Where they went, as far as it is remembered. */
  readonly targets: readonly (readonly bigint[])[];
}

const UNIT = 256;

export class RegionPlaces {
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  readonly #places = new Map<Region, Place>();
  readonly #byRecord = new Map<number, Region>();
  /** Given back, by size. */
  readonly #spare = new Map<number, number[]>();
  #free: number;

  constructor(view: DataView, core: number) {
    this.#view = view;
    this.#start = core + state.REGION_AREA;
    this.#end = this.#start + state.REGION_AREA_BYTES;
    this.#free = this.#start;
  }

  /** @returns undefined where there is no room for the region's sites */
  enter(region: Region, block: Block): { readonly sites: number; readonly pages: number } | undefined {
    let place = this.#places.get(region);
    if (place === undefined) {
      place = this.#make(region);
      if (place === undefined) return undefined;
      this.#places.set(region, place);
    }
    place.blocks.add(block);
    this.#byRecord.set(block.at, region);
    return place;
  }

  leave(region: Region, block: Block): void {
    this.#places.get(region)?.blocks.delete(block);
    this.#byRecord.delete(block.at);
  }

  blocksOf(region: Region): Block[] {
    return [...(this.#places.get(region)?.blocks ?? [])];
  }

  at(record: number): Region | undefined {
    return this.#byRecord.get(record);
  }

  sitesOf(region: Region): RegionSites | undefined {
    const place = this.#places.get(region);
    if (place === undefined) return undefined;
    const counts: number[] = [];
    const targets: bigint[][] = [];
    for (const [position, { rip }] of region.sites.entries()) {
      const at = place.sites + SITE_BYTES * position;
      const count = this.#view.getUint32(at, true);
      const seen = new Set<bigint>();
      for (let slot = 0; slot < Math.min(count, SITE_TARGETS + 1); slot++) {
        const low = this.#view.getUint32(at + 4 + 4 * (slot % SITE_TARGETS), true);
        // The upper half is that of the instruction, nearly always.
        if (low !== 0) seen.add(((rip >> 32n) << 32n) | BigInt(low));
      }
      counts.push(count);
      targets.push([...seen]);
    }
    return { counts, targets };
  }

  forget(region: Region): void {
    const place = this.#places.get(region);
    if (place === undefined) return;
    this.#places.delete(region);
    for (const { at } of place.blocks) this.#byRecord.delete(at);
    const spare = this.#spare.get(place.bytes);
    if (spare === undefined) this.#spare.set(place.bytes, [place.sites]);
    else spare.push(place.sites);
  }

  clear(): void {
    this.#places.clear();
    this.#byRecord.clear();
    this.#spare.clear();
    this.#free = this.#start;
  }

  #make(region: Region): Place | undefined {
    const siteBytes = SITE_BYTES * region.sites.length;
    const bytes = Math.ceil((siteBytes + PAGE_BYTES * region.pages.length) / UNIT) * UNIT;
    let at = this.#spare.get(bytes)?.pop();
    if (at === undefined) {
      if (this.#free + bytes > this.#end) return undefined;
      at = this.#free;
      this.#free += bytes;
    }
    const view = this.#view;
    new Uint8Array(view.buffer).fill(0, at, at + bytes);
    const pages = at + siteBytes;
    for (const [position, { linear, physical }] of region.pages.entries()) {
      view.setBigUint64(pages + PAGE_BYTES * position, linear, true);
      view.setUint32(pages + PAGE_BYTES * position + PAGE_PHYSICAL, physical, true);
    }
    return { sites: at, pages, bytes, blocks: new Set() };
  }
}
