/*
 * The ring that Drift's is measured against: single producer, single consumer, power-of-two capacity, free-running positions 128 bytes
 * apart, each side's copy of the other's position, records with a wrap marker. What a careful C programmer would write; it checks
 * nothing that the peer wrote, knows no epochs and no sleeping.
 */
#include "ring-workload.h"

#include <stdatomic.h>

#define WORDS_CAPACITY 0x1000u /* words: 16 KiB, as on the other side */
#define RECORDS_CAPACITY 0x1000u /* units of 8 bytes: 32 KiB */
#define BATCH 64u
#define RECORD_BYTES 32u
#define WRAP 0xffffffffu

struct ring {
  _Alignas(128) _Atomic uint32_t written;
  _Alignas(128) _Atomic uint32_t read;
  _Alignas(128) uint32_t mask;
  _Alignas(128) unsigned char data[];
};

/* One side's private state. */
struct side {
  _Alignas(128) struct ring *ring;
  uint32_t position;
  uint32_t peer;
  uint32_t capacity;
};

struct area {
  _Alignas(128) unsigned char forward[0x10000];
  unsigned char back[0x10000];
  unsigned char records[0x10000];
  struct side writer, reader, back_writer, back_reader, record_writer, record_reader;
};

static inline struct area *area_at(uint32_t address) { return (struct area *)(uintptr_t)address; }

static inline void pause(void) { __builtin_ia32_pause(); }

static void attach(struct side *side, void *ring, uint32_t capacity) {
  side->ring = ring;
  side->position = 0;
  side->peer = 0;
  side->capacity = capacity;
}

static void make(void *at, uint32_t capacity, struct side *writer, struct side *reader) {
  struct ring *ring = at;
  atomic_store(&ring->written, 0);
  atomic_store(&ring->read, 0);
  ring->mask = capacity - 1;
  attach(writer, ring, capacity);
  attach(reader, ring, capacity);
}

uint32_t ringc_prepare(uint32_t address) {
  struct area *area = area_at(address);
  make(area->forward, WORDS_CAPACITY, &area->writer, &area->reader);
  make(area->back, WORDS_CAPACITY, &area->back_writer, &area->back_reader);
  make(area->records, RECORDS_CAPACITY, &area->record_writer, &area->record_reader);
  return 1;
}

/* Units that can be written; looks at the reader's position only when too few are known. */
static inline uint32_t room(struct side *side, uint32_t wanted) {
  uint32_t free = side->capacity - (side->position - side->peer);
  if (free >= wanted) return free;
  side->peer = atomic_load_explicit(&side->ring->read, memory_order_acquire);
  return side->capacity - (side->position - side->peer);
}

/* Units that can be read; looks at the writer's position only when none is known. */
static inline uint32_t available(struct side *side) {
  if (side->peer != side->position) return side->peer - side->position;
  side->peer = atomic_load_explicit(&side->ring->written, memory_order_acquire);
  return side->peer - side->position;
}

static inline void publish(struct side *side) {
  atomic_store_explicit(&side->ring->written, side->position, memory_order_release);
}

static inline void release(struct side *side) {
  atomic_store_explicit(&side->ring->read, side->position, memory_order_release);
}

static inline uint32_t *word_at(struct side *side) {
  return (uint32_t *)side->ring->data + (side->position & side->ring->mask);
}

static inline int stage(struct side *side, uint32_t value) {
  if (room(side, 1) == 0) return 0;
  *word_at(side) = value;
  side->position++;
  return 1;
}

static inline int push(struct side *side, uint32_t value) {
  if (!stage(side, value)) return 0;
  publish(side);
  return 1;
}

static inline uint32_t take(struct side *side) {
  uint32_t value = *word_at(side);
  side->position++;
  return value;
}

static inline uint32_t pop(struct side *side) {
  uint32_t value = take(side);
  release(side);
  return value;
}

uint32_t ringc_ping(uint32_t address, uint32_t count) {
  struct side *writer = &area_at(address)->writer, *reader = &area_at(address)->back_reader;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    while (!push(writer, i)) pause();
    while (available(reader) == 0) pause();
    sum += pop(reader);
  }
  return sum;
}

uint32_t ringc_echo(uint32_t address, uint32_t count) {
  struct side *reader = &area_at(address)->reader, *writer = &area_at(address)->back_writer;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    while (available(reader) == 0) pause();
    uint32_t value = pop(reader);
    sum += value;
    while (!push(writer, value)) pause();
  }
  return sum;
}

uint32_t ringc_produceWords(uint32_t address, uint32_t count) {
  struct side *writer = &area_at(address)->writer;
  for (uint32_t i = 0; i < count; i++)
    while (!push(writer, i)) pause();
  return count;
}

uint32_t ringc_consumeWords(uint32_t address, uint32_t count) {
  struct side *reader = &area_at(address)->reader;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    while (available(reader) == 0) pause();
    sum += pop(reader);
  }
  return sum;
}

uint32_t ringc_produceBatches(uint32_t address, uint32_t count) {
  struct side *writer = &area_at(address)->writer;
  for (uint32_t i = 0; i < count;) {
    uint32_t end = count - i < BATCH ? count : i + BATCH;
    while (i < end) {
      if (stage(writer, i)) i++;
      else {
        publish(writer);
        pause();
      }
    }
    publish(writer);
  }
  return count;
}

uint32_t ringc_consumeBatches(uint32_t address, uint32_t count) {
  struct side *reader = &area_at(address)->reader;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count;) {
    uint32_t there = available(reader);
    if (there > count - i) there = count - i;
    if (there == 0) {
      pause();
      continue;
    }
    for (uint32_t n = 0; n < there; n++) sum += take(reader);
    release(reader);
    i += there;
  }
  return sum;
}

/* A record: length, kind, payload, padded to a multiple of 8. It lies in one piece. */
static inline uint64_t *reserve(struct side *side, uint32_t bytes, uint32_t *skip) {
  uint32_t units = (bytes + 15) / 8, offset = side->position & side->ring->mask, contiguous = side->capacity - offset;
  *skip = units > contiguous ? contiguous : 0;
  if (room(side, *skip + units) < *skip + units) return 0;
  return (uint64_t *)side->ring->data + ((side->position + *skip) & side->ring->mask) + 1;
}

static inline void commit(struct side *side, uint64_t *payload, uint32_t bytes, uint32_t kind, uint32_t skip) {
  if (skip != 0) *((uint32_t *)((uint64_t *)side->ring->data + (side->position & side->ring->mask))) = WRAP;
  ((uint32_t *)payload)[-2] = bytes;
  ((uint32_t *)payload)[-1] = kind;
  side->position += skip + (bytes + 15) / 8;
  publish(side);
}

static inline uint64_t *peek(struct side *side, uint32_t *bytes) {
  if (available(side) == 0) return 0;
  uint64_t *data = (uint64_t *)side->ring->data;
  uint32_t offset = side->position & side->ring->mask;
  if (*(uint32_t *)(data + offset) == WRAP) {
    side->position += side->capacity - offset;
    offset = 0;
  }
  *bytes = *(uint32_t *)(data + offset);
  return data + offset + 1;
}

uint32_t ringc_produceRecords(uint32_t address, uint32_t count) {
  struct side *writer = &area_at(address)->record_writer;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t skip;
    uint64_t *at;
    while ((at = reserve(writer, RECORD_BYTES, &skip)) == 0) pause();
    at[0] = at[1] = at[2] = at[3] = i;
    commit(writer, at, RECORD_BYTES, 1, skip);
  }
  return count;
}

uint32_t ringc_consumeRecords(uint32_t address, uint32_t count) {
  struct side *reader = &area_at(address)->record_reader;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t bytes;
    uint64_t *at;
    while ((at = peek(reader, &bytes)) == 0) pause();
    if (bytes != RECORD_BYTES) return 0;
    sum += (uint32_t)(at[0] + at[1] + at[2] + at[3]) >> 2;
    reader->position += (bytes + 15) / 8;
    release(reader);
  }
  return sum;
}
